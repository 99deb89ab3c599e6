/** A swarm's API for rotations, and the tools that lead to it. */
import type { DockerCall } from "../../../../cli/cluster/docker-api";
import type { PendingHosts } from "../../../../cli/cluster/pending-hosts";
import type { Answer } from "../../../../cli/cluster/registry-access";
import type { Outcome, Step } from "../../../../cli/operations/operation";
import type { Rotation, RotationSeen, RotationTools } from "../../../../cli/operations/rotate/rotation";
import { FakeCluster, runQuietly } from "../fake-cluster";

/** What a rotation comes to when it isn't asked for more. */
const OPTIONS = { redeploy: false, given: [] };

/** A node, as the API lists it. */
interface FakeNode {
  readonly name: string;
  readonly manager: boolean;
  state: string;
  reachability: string;
  issuer: string;
  root: string;
}

/** See the top of this file. */
export class FakeSwarm {
  public readonly cluster = new FakeCluster();
  public readonly posts: { readonly path: string; readonly body: unknown; readonly headers: unknown }[] = [];
  public tokens = { Worker: "SWMTKN-worker-1", Manager: "SWMTKN-manager-1" };
  public root = "root-1";
  /** The root that nodes are getting certificates of. @default none */
  public next: string | undefined;
  public version = 7;
  public externalCas: unknown[] = [];
  /** Hosts that never renew. */
  public stuck: string[] = [];
  /** Errors of the next calls, by method and path. */
  public lost: string[] = [];
  public readonly redone: string[] = [];
  public waited = 0;
  public services: { ID: string; Version: { Index: number }; Spec: object; UpdateStatus?: { State: string } }[] = [];
  /** What the registry's replicas answer to the old and the new login before the rotation. */
  public first: Readonly<Record<string, readonly Answer[]>> = { "registry-1": [200, 200] };
  /** The same after an `up` has replaced the old login. A text: they can't be asked. */
  public answers: Readonly<Record<string, readonly Answer[]>> | string = { "registry-1": [401, 200] };
  /** Hosts that the next `up` would create and remove. */
  public pending: PendingHosts = { lacking: [], extra: [] };
  /** The unlock key. @default autolock is off */
  public unlockKey: string | undefined;
  /** The unlock key of the next rotation. */
  public nextUnlockKey = "";
  /** Key files of the managers' nodes, each time that they are read. */
  public keyFiles: () => Readonly<Record<string, string | { readonly error: string }>> = () => ({});
  /** Lines that were shown. */
  public readonly shown: string[] = [];
  /** Users of the logins that were tried. */
  public tried: string[] = [];
  public readonly notes: string[] = [];
  public readonly nodes: FakeNode[] = this.cluster.now().desired.nodes.map(({ name, role }) => ({
    ...{ name, manager: role === "manager", state: "ready", reachability: role === "manager" ? "reachable" : "" },
    ...{ issuer: "root-1", root: "root-1" },
  }));

  /** How hosts and state change their keys and authorities. */
  public changing: { -readonly [K in "authorize" | "tryKey" | "tryClient" | "rewriteState"]: RotationTools[K] } = {
    authorize: () => Promise.reject(new Error("unexpected: authorize")),
    tryKey: () => Promise.reject(new Error("unexpected: tryKey")),
    tryClient: () => Promise.reject(new Error("unexpected: tryClient")),
    rewriteState: () => Promise.reject(new Error("unexpected: rewriteState")),
  };

  public readonly tools: RotationTools = {
    cluster: this.cluster,
    progress: {
      info: (line) => void this.shown.push(line),
      step: (_what, _usually, work) => work((note) => void this.notes.push(note)),
    },
    // The next manager is asked when one doesn't answer, as in the real thing.
    through: async (_stack, work) => {
      try {
        return await work(this.call);
      } catch {
        return work(this.call);
      }
    },
    redo: (urns) => Promise.resolve(void this.redone.push(...urns)),
    tryLogins: (_stack, logins) => {
      this.tried = logins.map(({ username }) => username);
      const answers = this.cluster.log.includes("up registry-secret") ? this.answers : this.first;
      return typeof answers === "string" ? Promise.reject(new Error(answers)) : Promise.resolve(answers);
    },
    pendingHosts: () => this.pending,
    nodeKeys: () => Promise.resolve(this.keyFiles()),
    authorize: (...asked) => this.changing.authorize(...asked),
    tryKey: (...asked) => this.changing.tryKey(...asked),
    tryClient: (...asked) => this.changing.tryClient(...asked),
    finish: () => "npm run finish",
    rewriteState: (change) => this.changing.rewriteState(change),
    pause: (milliseconds) => {
      this.waited += milliseconds;
      this.renewOne();
      return Promise.resolve();
    },
    now: () => this.waited,
  };

  public readonly call: DockerCall = (method, path, body, headers) => {
    const answer = this.answer(method, path, body, headers);
    // The change is made, and the answer doesn't arrive.
    const index = this.lost.indexOf(`${method} ${path.split("?")[0] ?? ""}`);
    if (index >= 0) {
      this.lost.splice(index, 1);
      return Promise.reject(new Error("no answer in 5 s"));
    }
    return Promise.resolve(answer);
  };

  /** Runs a rotation without a terminal. */
  public run(
    rotation: Rotation,
    options: { readonly yes?: boolean; readonly dryRun?: boolean; readonly questions?: string[] } = {},
    asked: { readonly redeploy: boolean; readonly given: readonly string[] } = OPTIONS,
  ): Promise<Outcome<RotationSeen, Step>> {
    return rotation.use(this.tools, asked, (operation) => runQuietly(operation, options));
  }

  private answer(method: string, path: string, body: unknown, headers: unknown): unknown {
    if (method === "POST") this.posts.push({ path, body, headers });
    if (method === "GET" && path === "/swarm") return this.swarm();
    if (method === "GET" && path === "/swarm/unlockkey") return { UnlockKey: this.unlockKey };
    if (method === "GET" && path === "/nodes") return this.nodes.map(listed);
    if (method === "POST" && path.startsWith("/swarm/update")) {
      this.update(path, body);
      return;
    }
    if (method === "GET" && path === "/services") return this.services;
    const id = /^\/services\/(\w+)(\/update)?/.exec(path)?.[1];
    const service = this.services.find(({ ID }) => ID === id);
    if (service !== undefined) return service;
    throw new Error(`unexpected: ${method} ${path}`);
  }

  private swarm(): unknown {
    const issuer = this.next ?? this.root;
    return {
      Version: { Index: this.version },
      Spec: {
        Name: "default",
        CAConfig: { NodeCertExpiry: 1, ForceRotate: 0, ExternalCAs: this.externalCas },
        ...(this.unlockKey === undefined ? {} : { EncryptionConfig: { AutoLockManagers: true } }),
      },
      JoinTokens: this.tokens,
      RootRotationInProgress: this.next !== undefined,
      TLSInfo: { TrustRoot: this.root, CertIssuerSubject: issuer, CertIssuerPublicKey: issuer },
    };
  }

  private update(path: string, body: unknown): void {
    const query = new URLSearchParams(path.split("?")[1]);
    if (query.get("version") !== String(this.version)) throw new Error("HTTP 500: update out of sequence");
    const turn = String(++this.version);
    if (query.get("rotateWorkerToken") === "true") this.tokens = { ...this.tokens, Worker: `worker-${turn}` };
    if (query.get("rotateManagerToken") === "true") this.tokens = { ...this.tokens, Manager: `manager-${turn}` };
    if (query.get("rotateManagerUnlockKey") === "true") this.unlockKey = this.nextUnlockKey;
    const { CAConfig } = body as { CAConfig: { ForceRotate: number } };
    if (CAConfig.ForceRotate > 0) this.next = `root-${turn}`;
  }

  /** A second passes: one more node renews; after the last one the old root is dropped. */
  private renewOne(): void {
    const { next } = this;
    if (next === undefined) return;
    const due = this.nodes.find(
      ({ name, issuer, state }) => issuer !== next && state === "ready" && !this.stuck.includes(name),
    );
    if (due !== undefined) due.issuer = next;
    if (this.nodes.some(({ issuer }) => issuer !== next)) return;
    this.root = next;
    for (const node of this.nodes) node.root = next;
    this.next = undefined;
  }
}

function listed({ name, manager, state, reachability, issuer, root }: FakeNode): unknown {
  return {
    ID: `id-${name}`,
    Version: { Index: 1 },
    UpdatedAt: "2030-01-02T03:04:05Z",
    Spec: { Role: manager ? "manager" : "worker", Availability: "active", Labels: {} },
    Description: {
      Hostname: name,
      Engine: { Labels: {} },
      TLSInfo: { TrustRoot: root, CertIssuerSubject: issuer, CertIssuerPublicKey: issuer },
    },
    Status: { State: state },
    ...(manager ? { ManagerStatus: { Leader: name === "manager-1", Reachability: reachability } } : {}),
  };
}
