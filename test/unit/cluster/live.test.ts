import assert from "node:assert/strict";
import type { StackOutputs } from "../../../components/outputs";
import { connect } from "../../../cli/cluster/connect";
import { removeNode, updateNode } from "../../../cli/cluster/docker-api";
import { evaluate } from "../../../cli/cluster/evaluate";
import { throughManager } from "../../../cli/cluster/inspect";
import { look, withMembers } from "../../../cli/cluster/look";
import type { Live, LiveNode } from "../../../cli/cluster/model";
import type { LiveStack } from "../../../cli/cluster/stack";
import { UserError } from "../../../cli/terminal/errors";
import { Authority, Fakes, type Answer, type Pair } from "./fakes";
import { nodesOf, SWARM, wanted } from "./support";

const LIMIT = 2;
const STATS = [
  "# pxname,svname,status,lastchg,check_status,type,last_chk",
  "port-2376,FRONTEND,OPEN,,,0,",
  'port-2376,manager-1,UP,100,L7OK,2,""',
  'port-2376,manager-2,DOWN,7,L4CON,2,"Layer4, ""refused"""',
  // While a check runs, the one before has no detail.
  "port-2376,manager-3,UP 1/2,100,* L7STS,2,",
  "port-2376,BACKEND,UP,100,,1,",
].join("\n");

/** A node in the words of the Docker engine's API. */
function apiNode(node: LiveNode): unknown {
  return {
    ID: node.id,
    Version: { Index: 7 },
    UpdatedAt: node.updatedAt,
    Spec: { Role: node.role, Availability: node.availability, Labels: node.labels, Name: "kept" },
    Description: { Hostname: node.hostname, Engine: { EngineVersion: node.engine, Labels: node.engineLabels } },
    Status: { State: node.state, Addr: "10.0.0.1" },
    ...(node.role === "manager"
      ? { ManagerStatus: { ...(node.leader ? { Leader: true } : {}), Reachability: node.reachability } }
      : {}),
  };
}

const desired = wanted();
const nodes = nodesOf(desired).map(apiNode);

const healthy: Answer = (_, path) => {
  if (path === "/info") return { status: 200, body: { Swarm: { LocalNodeState: "active", Cluster: { ID: SWARM } } } };
  if (path === "/nodes") return { status: 200, body: nodes };
  return { status: 404, body: { message: `no ${path}` } };
};

describe("the connection to a running cluster", () => {
  let authority: Authority;
  let client: Pair;
  let fakes: Fakes;

  before(async () => {
    authority = await Authority.create();
    client = await authority.issue("bastion");
  });
  beforeEach(() => (fakes = new Fakes()));
  afterEach(() => {
    fakes.close();
  });

  interface Setting {
    /** Port of each manager's API, in order. */
    readonly managers: readonly (number | undefined)[];
    readonly stats?: number;
    readonly balanced?: number;
    readonly change?: (bastion: StackOutputs["access"]["bastion"]) => Partial<StackOutputs["access"]["bastion"]>;
  }

  async function outputs({ managers, stats, balanced, change }: Setting): Promise<StackOutputs> {
    const routes = new Map(managers.flatMap((port, i) => (port === undefined ? [] : [[`10.0.${i + 1}.1:2376`, port]])));
    if (stats !== undefined) routes.set("10.0.0.9:8404", stats);
    const bastion = { host: "127.0.0.1", user: "root", ...(await fakes.bastion(routes)) };
    const url = `tcp://127.0.0.1:${balanced ?? 1}`;
    return {
      swarmId: SWARM,
      hosts: Object.fromEntries(desired.nodes.map(({ name, role, zone, address }) => [name, { role, zone, address }])),
      endpoints: { manager: url },
      caCertificate: authority.pem,
      access: {
        bastion: { ...bastion, ...change?.(bastion) },
        client,
        renewalDays: 30,
        certificates: [],
        appCertificate: "stack",
        nodes: [...desired.nodes],
        loadBalancers: {
          manager: { url, stats: "http://10.0.0.9:8404/stats;csv" },
          // As on AWS.
          app: { url: "https://*.app.example.test" },
        },
      },
    };
  }

  async function see(setting: Setting): Promise<Live> {
    const all = await outputs(setting);
    const connection = await connect(all, LIMIT);
    try {
      return await look(connection, all);
    } finally {
      connection.close();
    }
  }

  const pair = (n: number): Promise<Pair> => authority.issue(`manager-${n}`, [`10.0.${n}.1`, "127.0.0.1"]);
  const engine = async (n: number, answer: Answer = healthy): Promise<number> =>
    fakes.engine(authority, await pair(n), answer);
  const stats = (): Promise<number> => fakes.page(() => ({ status: 200, body: STATS }));
  const seen = (live: Live, name: string): string => {
    const answer = live.answers.find((one) => one.name === name);
    assert.ok(answer?.answered === false, JSON.stringify(answer));
    return answer.seen;
  };

  it("doesn't observe a load balancer that the user provides, which is no problem", async () => {
    const setting = { managers: [await engine(1), await engine(2), await engine(3)], stats: await stats() };
    const all = {
      ...(await outputs(setting)),
      forwards: { app: { endpoint: "apps.example.test:443", listeners: [] } },
    };
    const connection = await connect(all, LIMIT);
    try {
      const live = await look(connection, all);
      assert.match(
        JSON.stringify(live.loadBalancers.app),
        /"unknown":"the load balancer is external, .*output forwards/,
      );
      assert.doesNotMatch(evaluate(desired, live).status.problems.join("\n"), /app load balancer/);
    } finally {
      connection.close();
    }
  });

  it("takes the members of a load balancer without a table from the platform, and no others", async () => {
    const live = await see({ managers: [await engine(1), await engine(2), await engine(3)], stats: await stats() });
    const members = [{ name: "worker-1", up: true, check: "healthy" }];
    const { loadBalancers } = withMembers(live, { app: members });
    assert.deepEqual(loadBalancers, { ...live.loadBalancers, app: members });
    assert.deepEqual(withMembers(live, {}), live);
  });

  it("asks all managers and the load balancer through the bastion", async () => {
    const live = await see({ managers: [await engine(1), await engine(2), await engine(3)], stats: await stats() });
    assert.equal(live.bastionError, undefined);
    assert.deepEqual(
      live.answers.map((answer) => [answer.name, answer.answered]),
      [
        ["manager-1", true],
        ["manager-2", true],
        ["manager-3", true],
      ],
    );
    assert.deepEqual(live.loadBalancers.manager, [
      { name: "manager-1", up: true, check: "UP L7OK", seconds: 100 },
      { name: "manager-2", up: false, check: 'DOWN L4CON Layer4, "refused"', seconds: 7 },
      { name: "manager-3", up: true, check: "UP 1/2 L7STS", seconds: 100 },
    ]);
    assert.match(JSON.stringify(live.loadBalancers.app), /"unknown":"it offers no table/);
    const { problems, exitCode } = evaluate(desired, live);
    assert.equal(exitCode, 1);
    assert.deepEqual(
      problems.map((problem) => problem.kind),
      ["loadBalancer"],
    );
  });

  it("reads the certificates that are really served, expired ones included", async () => {
    const ended = { notBefore: new Date(Date.now() - 7_200_000), notAfter: new Date(Date.now() - 3_600_000) };
    const old = await authority.issue("manager-2", ["10.0.2.1"], ended);
    const live = await see({ managers: [await engine(1), await fakes.engine(authority, old, healthy), undefined] });
    assert.deepEqual(live.certificates.map(({ owner, use }) => `${owner} ${use}`).sort(), [
      "authority authority",
      "bastion client",
      "manager-1 server",
      "manager-2 server",
    ]);
    const expired = live.certificates.find(({ owner }) => owner === "manager-2");
    assert.equal(expired?.notAfter.getTime(), Math.floor(ended.notAfter.getTime() / 1000) * 1000);
    assert.match(seen(live, "manager-2"), /certificate has expired/);
  });

  it("checks them for the name that people ask for, and for the stack's authority", async () => {
    // Good enough for who asks the manager itself, and not for who comes through the load balancer.
    const narrow = await fakes.engine(authority, await authority.issue("manager-2", ["10.0.2.1"]), healthy);
    const stranger = await Authority.create();
    const strange = await fakes.engine(
      authority,
      await stranger.issue("manager-3", ["10.0.3.1", "127.0.0.1"]),
      healthy,
    );
    const live = await see({ managers: [await engine(1), narrow, strange] });
    const refused = Object.fromEntries(live.certificates.map((one) => [one.owner, one.refused]));
    assert.equal(refused["manager-1"], undefined);
    assert.equal(refused["manager-2"], "it isn't for 127.0.0.1, but for DNS:manager-2, IP Address:10.0.2.1");
    assert.equal(refused["manager-3"], "the stack's authority hasn't signed it");
  });

  it("reports in time what was seen last of a manager that refuses, is silent, or never answers", async () => {
    const began = Date.now();
    const never = await engine(3, (_, path) =>
      path === "/info" ? "never" : { status: 503, body: { message: "no leader" } },
    );
    const live = await see({ managers: [undefined, await fakes.silent(), never], stats: await stats() });
    assert.match(seen(live, "manager-1"), /10\.0\.1\.1:2376 from the bastion/);
    assert.match(seen(live, "manager-2"), /no answer in 2 s while waiting for its TLS handshake/);
    assert.match(
      seen(live, "manager-3"),
      /no answer in 2 s while waiting for its answer to \/info; HTTP 503: no leader/,
    );
    assert.equal(evaluate(desired, live).exitCode, 2);
    assert.ok(Date.now() - began < 3 * LIMIT * 1000, "the limits run at the same time");
  });

  it("trusts a manager only with a certificate of the stack's CA for that manager", async () => {
    const foreign = await Authority.create();
    const stranger = await fakes.engine(authority, await foreign.issue("manager-1", ["10.0.1.1"]), healthy);
    const other = await engine(3);
    const live = await see({ managers: [stranger, other, await engine(3)], stats: await stats() });
    assert.match(seen(live, "manager-1"), /TLS: /);
    assert.match(seen(live, "manager-2"), /TLS: .*manager-2/);
    assert.equal(evaluate(desired, live).reachable, true, "one manager is enough");
  });

  it("falls back to the load balancer when the bastion is dead", async () => {
    const balanced = await fakes.engine(authority, await authority.issue("lb", ["127.0.0.1"]), healthy);
    const live = await see({ managers: [], balanced, change: () => ({ port: 1 }) });
    assert.match(live.bastionError ?? "", /127\.0\.0\.1:1.*ECONNREFUSED/);
    assert.deepEqual(live.loadBalancers.manager, { error: "the bastion can't be reached" });
    const { problems, exitCode } = evaluate(desired, live);
    assert.equal(exitCode, 1);
    assert.deepEqual(
      problems.map((problem) => problem.kind),
      ["bastion", "loadBalancer"],
    );
  });

  it("refuses a bastion with another host key, and stops waiting for a silent one", async () => {
    const { hostKey } = await fakes.bastion(new Map());
    const impostor = await see({ managers: [], change: () => ({ hostKey }) });
    assert.match(impostor.bastionError ?? "", /another host key/);
    const port = await fakes.silent();
    const silent = await see({ managers: [], change: () => ({ port }) });
    assert.match(silent.bastionError ?? "", /no answer in 2 s while logging in|Timed out/);
  });

  it("asks one manager after the other, and names all answers and the next command when none succeeds", async () => {
    const refuses = await engine(1, () => ({ status: 503, body: { message: "no leader" } }));
    const through = async (second: number): Promise<unknown> => {
      const stack = { stack: "local", outputs: await outputs({ managers: [refuses, second] }) } as unknown as LiveStack;
      return throughManager(stack, (call) => call("GET", "/info"));
    };
    assert.match(JSON.stringify(await through(await engine(2))), /LocalNodeState/);
    const failed = await through(await engine(2, () => ({ status: 500, body: { message: "lost" } }))).catch(
      (error: unknown) => error,
    );
    assert.ok(failed instanceof UserError, String(failed));
    assert.match(failed.message, /manager-1: .*no leader; manager-2: .*lost; .*npm run -s status -- local/);
  });

  it("changes a node's settings and leaves the others as they are", async () => {
    const asked: [string, string, unknown][] = [];
    const record: Answer = (method, path, body) => {
      asked.push([method, path, body === "" ? undefined : JSON.parse(body)]);
      return { status: 200, body: method === "GET" ? nodes[0] : "" };
    };
    const all = await outputs({ managers: [await engine(1, record)] });
    const connection = await connect(all, LIMIT);
    try {
      const [manager] = connection.managers;
      assert.ok(manager);
      await updateNode(manager.call, "n1", { role: "worker", labels: { extra: "1" } });
      await removeNode(manager.call, "n1");
    } finally {
      connection.close();
    }
    const labels = desired.nodes[0] && nodesOf(desired)[0]?.labels;
    assert.deepEqual(asked, [
      ["GET", "/nodes/n1", undefined],
      [
        "POST",
        "/nodes/n1/update?version=7",
        { Role: "worker", Availability: "drain", Name: "kept", Labels: { ...labels, extra: "1" } },
      ],
      ["DELETE", "/nodes/n1?force=true", undefined],
    ]);
  });
});
