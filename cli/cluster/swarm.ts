/** What the managers say of the swarm itself: its join tokens, its root CA, and the CA that each node's certificate is from. */
import { z } from "zod";
import { nodesIn, type DockerCall } from "./docker-api";
import type { LiveNode } from "./model";
import { digestOf, readUnlockKey } from "./swarm-settings";

/** Source: Docker Engine API v1.41, TLSInfo; base64 of DER, and PEM for the root. */
const tlsSchema = z.object({
  TrustRoot: z.string().default(""),
  CertIssuerSubject: z.string().default(""),
  CertIssuerPublicKey: z.string().default(""),
});

const swarmSchema = z.object({
  Version: z.object({ Index: z.number() }),
  Spec: z.looseObject({
    CAConfig: z
      .looseObject({ ForceRotate: z.number().default(0), ExternalCAs: z.array(z.unknown()).nullish() })
      .nullish(),
  }),
  JoinTokens: z.object({ Worker: z.string().min(1), Manager: z.string().min(1) }),
  RootRotationInProgress: z.boolean().default(false),
  TLSInfo: tlsSchema.nullish(),
});

const nodesSchema = z.array(z.object({ ID: z.string(), Description: z.object({ TLSInfo: tlsSchema.nullish() }) }));

/** A node, and whether it has a certificate of the CA that the swarm wants now, and trusts that one. */
export interface SwarmNode extends LiveNode {
  readonly renewed: boolean;
}

/** See the top of this file. It contains no secret. */
export interface LiveSwarm {
  /** Digests of the join tokens: enough to see that they changed. */
  readonly tokens: { readonly worker: string; readonly manager: string };
  /** The root certificate that nodes trust, PEM. */
  readonly root: string;
  /** Whether nodes are still getting certificates of a new root CA. */
  readonly rotating: boolean;
  /** Whether another program signs nodes' certificates. */
  readonly externalCa: boolean;
  readonly nodes: readonly SwarmNode[];
}

/** Asks a manager. @throws Error when it doesn't answer */
export async function readSwarm(call: DockerCall): Promise<LiveSwarm> {
  const [raw, all] = await Promise.all([call("GET", "/swarm"), call("GET", "/nodes")]);
  const swarm = swarmSchema.parse(raw);
  const certificates = new Map(nodesSchema.parse(all).map(({ ID, Description }) => [ID, Description.TLSInfo]));
  const wanted = swarm.TLSInfo;
  return {
    tokens: { worker: digestOf(swarm.JoinTokens.Worker), manager: digestOf(swarm.JoinTokens.Manager) },
    root: wanted?.TrustRoot ?? "",
    rotating: swarm.RootRotationInProgress,
    externalCa: (swarm.Spec.CAConfig?.ExternalCAs ?? []).length > 0,
    nodes: nodesIn(all).map((node) => {
      const has = certificates.get(node.id);
      const issuer =
        has?.CertIssuerPublicKey === wanted?.CertIssuerPublicKey &&
        has?.CertIssuerSubject === wanted?.CertIssuerSubject;
      // Until the end of a rotation the swarm's own entry has the old root and the new issuer.
      const trust = swarm.RootRotationInProgress || has?.TrustRoot === wanted?.TrustRoot;
      return { ...node, renewed: issuer && trust };
    }),
  };
}

/**
 * Gives the swarm new join tokens; the old ones are refused from then on. Changes nothing if it has others than `seen`: the
 * call was made before, and its answer was lost.
 */
export async function rotateJoinTokens(call: DockerCall, seen: LiveSwarm["tokens"]): Promise<void> {
  const swarm = swarmSchema.parse(await call("GET", "/swarm"));
  if (digestOf(swarm.JoinTokens.Worker) !== seen.worker || digestOf(swarm.JoinTokens.Manager) !== seen.manager) return;
  const query = `version=${swarm.Version.Index}&rotateWorkerToken=true&rotateManagerToken=true`;
  await call("POST", `/swarm/update?${query}`, swarm.Spec);
}

/**
 * Gives the swarm a new unlock key; managers encrypt their keys with it when they hear of it. Changes nothing if its digest isn't
 * `seen` any more.
 */
export async function rotateUnlockKey(call: DockerCall, seen: string): Promise<void> {
  const swarm = swarmSchema.parse(await call("GET", "/swarm"));
  if (digestOf(await readUnlockKey(call)) !== seen) return;
  await call("POST", `/swarm/update?version=${swarm.Version.Index}&rotateManagerUnlockKey=true`, swarm.Spec);
}

/** Begins the rotation of the swarm's root CA, with a new key of the swarm's own. Changes nothing if the root isn't `seen` any more. */
export async function rotateSwarmCa(call: DockerCall, seen: LiveSwarm["root"]): Promise<void> {
  const swarm = swarmSchema.parse(await call("GET", "/swarm"));
  if (swarm.RootRotationInProgress || swarm.TLSInfo?.TrustRoot !== seen) return;
  const CAConfig = { ...swarm.Spec.CAConfig, SigningCACert: "", SigningCAKey: "" };
  await call("POST", `/swarm/update?version=${swarm.Version.Index}`, {
    ...swarm.Spec,
    CAConfig: { ...CAConfig, ForceRotate: (swarm.Spec.CAConfig?.ForceRotate ?? 0) + 1 },
  });
}
