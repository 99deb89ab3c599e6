import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";

/** One resource as the program registered it: what a mock sees, and the options that mocks leave out. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly parent: string;
  readonly custom: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Names of the inputs that are secret as a whole. */
  readonly secretInputs: readonly string[];
  /** URNs that it waits for, by dependsOn or through its inputs. */
  readonly dependencies: readonly string[];
  /** URNs by the input property that brings them. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly deletedWith: string;
  readonly deleteBeforeReplace: boolean;
  readonly ignoreChanges: readonly string[];
  readonly secretOutputs: readonly string[];
  readonly protect: boolean;
  readonly replaceOnChanges: readonly string[];
}

/** What a mocked resource answers: its id and outputs beside its inputs. In a preview, as of a new stack, it has neither. */
export type Answer = (resource: {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}) => {
  readonly id: string;
  readonly outputs: Record<string, unknown>;
};

/** The request of the Pulumi engine's protocol, as far as it is read here: @pulumi/pulumi doesn't type its stubs. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): {
    forEach(visit: (value: { getUrnsList(): string[] }, key: string) => void): void;
  };
  getDeletedwith(): string;
  getDeletebeforereplace(): boolean;
  getIgnorechangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getProtect(): boolean;
  getReplaceonchangesList(): string[];
}

type RegisterResource = (request: RegisterRequest, callback: unknown) => Promise<void>;

/**
 * Runs a program under mocks and returns all that it registered. In a preview all that a provider makes up is unknown, so
 * that what the program does only with known values doesn't happen; in an update all is known.
 *
 * The program's outputs, which it returns, are awaited: a failed assertion in an `apply` that nobody waits for would pass in silence.
 */
export async function record(
  program: () => unknown,
  options: {
    readonly stack: string;
    readonly preview: boolean;
    readonly answer: Answer;
    /** What a function of a provider answers. @default the program calls none */
    readonly call?: (token: string, inputs: Record<string, unknown>) => Record<string, unknown>;
  },
): Promise<Registered[]> {
  const inputs = new Map<string, Record<string, unknown>>();
  const secretInputs = new Map<string, string[]>();
  const requests: RegisterRequest[] = [];
  const prototype = MockMonitor.prototype as unknown as { registerResource: RegisterResource };
  const original = prototype.registerResource;
  prototype.registerResource = async function (request, callback) {
    requests.push(request);
    await original.call(this, request, callback);
  };
  try {
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => {
          const given = unwrapped(args.inputs) as Record<string, unknown>;
          inputs.set(`${args.type}::${args.name}`, given);
          const all = Object.entries(args.inputs as Record<string, unknown>);
          const secret = all.filter(([, value]) => pulumi.runtime.isRpcSecret(value)).map(([input]) => input);
          secretInputs.set(`${args.type}::${args.name}`, secret);
          const { id, outputs } = options.answer({ type: args.type, name: args.name, inputs: given });
          // The empty id is the unknown one.
          return options.preview ? { id: "", state: given } : { id, state: { ...given, ...outputs } };
        },
        call: (args) => {
          if (options.call !== undefined) return options.call(args.token, args.inputs as Record<string, unknown>);
          throw new Error(`the program called ${args.token}, which these mocks don't answer`);
        },
      },
      "swarm-ha",
      options.stack,
      options.preview,
    );
    await pulumi.runtime.runInPulumiStack(async () => await program());
    await pulumi.runtime.disconnect();
  } finally {
    prototype.registerResource = original;
  }
  return requests
    .filter((request) => request.getType() !== "pulumi:pulumi:Stack")
    .map((request) => {
      const propertyDependencies: Record<string, readonly string[]> = {};
      request.getPropertydependenciesMap().forEach((urns, key) => {
        propertyDependencies[key] = urns.getUrnsList();
      });
      const type = request.getType();
      // As the mocks make it: the parent's own type only.
      const parentType = request.getParent().split("::")[2]?.split("$").pop();
      const qualified = parentType === undefined ? type : `${parentType}$${type}`;
      return {
        type,
        name: request.getName(),
        urn: `urn:pulumi:${options.stack}::swarm-ha::${qualified}::${request.getName()}`,
        parent: request.getParent(),
        custom: request.getCustom(),
        inputs: inputs.get(`${type}::${request.getName()}`) ?? {},
        secretInputs: secretInputs.get(`${type}::${request.getName()}`) ?? [],
        dependencies: request.getDependenciesList(),
        propertyDependencies,
        deletedWith: request.getDeletedwith(),
        deleteBeforeReplace: request.getDeletebeforereplace(),
        ignoreChanges: request.getIgnorechangesList(),
        secretOutputs: request.getAdditionalsecretoutputsList(),
        protect: request.getProtect(),
        replaceOnChanges: request.getReplaceonchangesList(),
      };
    });
}

/** Secrets reach a mock in their wrapping; the recorder is about what is in them. */
function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (pulumi.isUnknown(value)) return value;
  if (typeof value !== "object" || value === null) return value;
  if (pulumi.runtime.isRpcSecret(value)) return unwrapped(pulumi.runtime.unwrapRpcSecret(value));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapped(inner)]));
}
