import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../../../message";
import type { Login } from "../../../../plan/login";
import { isHost } from "../../../../plan/roles";
import type { HostInputs, HostState } from "../host-inputs";
import { roleOf } from "./diff";
import { isReplaced } from "./replaced";
import { onHost, tell, Unreachable, type RunScript } from "./session";
import { noteSkipped, SKIP_UNREACHABLE, skipsUnreachable } from "./skipped";

/** Time limits of the scripts, in seconds. Packages take minutes. */
const LIMITS = { claim: 60, look: 60, setUp: 20 * 60, balancer: 6 * 60, release: 20 * 60 } as const;

/** Id and outputs of a host that was claimed, and why it couldn't be set up. The Pulumi engine stores the first two. */
class IncompleteHost extends Error {
  public readonly reasons: readonly string[];

  public constructor(
    public readonly id: string,
    public readonly properties: HostState,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
    this.reasons = [this.message];
  }
}

/**
 * Claims a host for the stack, and sets it up. Its id in the state is the identity of this claim. An interrupted run can be
 * repeated: a host that the same stack claimed under the same name is claimed again.
 *
 * @throws Error that names the host and the remedy
 */
export async function createHost(inputs: HostInputs): Promise<{ id: string; outs: HostState }> {
  return await onHost(inputs, async (run) => {
    const { stack, name, adopt } = inputs;
    const { identity, machineId } = await run<Claim>(
      "claim-host",
      { stack, name, role: roleOf(inputs), node: isNode(inputs), adopt, identity: randomUUID() },
      LIMITS.claim,
    );
    const state = { ...inputs, identity, machineId };
    try {
      await setUp(run, inputs);
    } catch (error) {
      // It is in the state now, so that `destroy` releases it, and the next `up` goes on with it.
      throw new IncompleteHost(identity, { ...state, complete: false }, error);
    }
    noteBastion(inputs);
    return { id: identity, outs: { ...state, complete: true } };
  });
}

/** What claim-host.sh prints, as far as it is used. */
interface Claim {
  readonly identity: string;
  readonly machineId: string;
}

async function setUp(run: RunScript, inputs: HostInputs): Promise<void> {
  const { name, engine, bastion, loadBalancer, readOnlyApi } = inputs;
  const { source, version } = engine;
  await run(
    "setup-host",
    {
      name,
      node: isNode(inputs),
      balancer: loadBalancer !== undefined,
      bastion: bastion === undefined,
      engine: { source, ...(version === undefined ? {} : { version }) },
      ...(readOnlyApi === undefined ? {} : { readOnlyApi }),
    },
    LIMITS.setUp,
  );
  await balance(run, inputs);
}

async function balance(run: RunScript, { name, loadBalancer }: HostInputs): Promise<void> {
  if (loadBalancer !== undefined) await run("load-balancer", { name, ...loadBalancer }, LIMITS.balancer);
}

/** What `refresh` sees of a host. */
export type Seen =
  | { readonly kind: "there" }
  | { readonly kind: "gone" }
  /** It can't be asked, so the state stays as it is. */
  | { readonly kind: "unknown"; readonly why: string };

/** Looks whether a host is still the one that was claimed: one that was re-installed is gone. */
export async function lookAtHost(state: HostState): Promise<Seen> {
  const { stack, name } = state;
  try {
    const seen = await onHost(state, (run) => run<Partial<HostState>>("look-host", { stack, name }, LIMITS.look));
    const same =
      seen.identity === state.identity &&
      (seen.machineId ?? state.machineId) === state.machineId &&
      seen.stack === stack &&
      seen.name === name;
    return { kind: same ? "there" : "gone" };
  } catch (error) {
    return { kind: "unknown", why: messageOf(error) };
  }
}

/**
 * Changes a host in place. A new login is only stored: the steps use it, and a host that is down doesn't stop the change.
 *
 * @throws Error that names the host and the remedy
 */
export async function updateHost(old: HostState, inputs: HostInputs): Promise<HostState> {
  const { identity, machineId } = old;
  // The Pulumi engine also asks for an update without a change: after a set-up that failed.
  const again = !old.complete || !isDeepStrictEqual(old.engine, inputs.engine);
  const files = !isDeepStrictEqual(old.loadBalancer, inputs.loadBalancer);
  if (again || files || becomesBastion(old, inputs)) {
    await onHost(inputs, (run) =>
      again || !files || old.loadBalancer === undefined ? setUp(run, inputs) : balance(run, inputs),
    );
  }
  noteBastion(inputs);
  return { ...inputs, identity, machineId, complete: true };
}

function becomesBastion(old: HostInputs, inputs: HostInputs): boolean {
  return old.bastion !== undefined && inputs.bastion === undefined;
}

/** The bastion that this run has made or changed: the former one of a host's state may be gone. */
let newBastion: Login | undefined;

function noteBastion({ login, bastion }: HostInputs): void {
  if (bastion === undefined) newBastion = login;
}

/**
 * Releases a host: it leaves the swarm, and what the stack wrote there is removed. A host that can't be reached is skipped. One whose
 * bastion can't be reached isn't: it may be well, and would stay in the swarm.
 *
 * @throws Error if the bastion can't be reached, or the host can be reached and its release fails
 */
export async function deleteHost(state: HostState): Promise<void> {
  const { stack, name } = state;
  try {
    await release(state);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    if (error.atBastion && !skipsUnreachable()) throw new Error(withoutBastion(state, error), { cause: error });
    tell(
      `warning: ${messageOf(error)}. ${name} is skipped: what the stack '${stack}' wrote there stays, its marker included. To use the ` +
        "host again, put it back into the inventory of that stack and run `up`, re-install it, or release it by hand (docs/hosts.md)",
    );
    noteSkipped(name);
  }
}

async function release(state: HostState): Promise<void> {
  const { stack, name, bastion } = state;
  const through = (one: HostState): Promise<unknown> =>
    onHost(one, (run) =>
      run("release-host", { stack, name, packages: isReplaced(name) ? "keep" : "remove" }, LIMITS.release),
    );
  try {
    await through(state);
  } catch (error) {
    if (!(error instanceof Unreachable && error.atBastion)) throw error;
    if (newBastion === undefined || isDeepStrictEqual(newBastion, bastion)) throw error;
    await through({ ...state, bastion: newBastion });
  }
}

function withoutBastion({ name }: HostState, error: Unreachable): string {
  return (
    `${messageOf(error)}. ${name} was not released, and stays in the state. Bring the bastion back, or name another one ` +
    "(swarm-ha:hosts.bastion) and run `up`; then run this again. If these hosts are gone for good, or will be re-installed, put " +
    `${SKIP_UNREACHABLE}=1 before the command: it skips them`
  );
}

function isNode(inputs: HostInputs): boolean {
  return isHost({ role: roleOf(inputs) });
}
