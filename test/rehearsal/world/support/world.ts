/** A world on a substrate in memory, in which waits take next to nothing. */
import { answer } from "../provider-endpoint";
import { World } from "../world";
import { FakeObjects } from "./fake-objects";
import { FakeSubstrate } from "./fake-substrate";

/** A world and what is beneath it. */
export interface Made {
  readonly world: World;
  readonly substrate: FakeSubstrate;
  readonly objects: FakeObjects;
}

/**
 * Makes one.
 *
 * @param patience Real seconds that a retry lasts at least: on a busy workstation, the Pulumi engine's calls alone may take longer
 * than AWS's minutes do here @default 0
 */
export async function makeWorld(patience = 0): Promise<Made> {
  const [substrate, objects] = [new FakeSubstrate(), new FakeObjects()];
  const world = await World.make({ substrate: () => substrate, objects, speed: { factor: 0.0005, patience } });
  return { world, substrate, objects };
}

/** Calls of the provider, as the plugin makes them. */
export class Caller {
  public constructor(private readonly world: World) {}

  /** Makes a resource. @returns its id @throws Error with what AWS says */
  public async create(type: string, inputs: Record<string, unknown>, name = "x"): Promise<string> {
    const made = await answer(this.world, { operation: "create", type, name, id: "", inputs, state: {} });
    if ("error" in made) throw new Error(made.error);
    return "id" in made ? (made.id ?? "") : "";
  }

  /** Changes one in place. */
  public async update(type: string, id: string, inputs: Record<string, unknown>): Promise<void> {
    const made = await answer(this.world, { operation: "update", type, name: "x", id, inputs, state: {} });
    if ("error" in made) throw new Error(made.error);
  }

  /** Removes one. @param state Its inputs, where the type is found by them */
  public async delete(type: string, id: string, state: Record<string, unknown> = {}): Promise<void> {
    const made = await answer(this.world, { operation: "delete", type, name: "x", id, inputs: {}, state });
    if ("error" in made) throw new Error(made.error);
  }

  /** Looks at one. @returns undefined when it is gone */
  public async read(
    type: string,
    id: string,
    state: Record<string, unknown> = {},
  ): Promise<Record<string, unknown> | undefined> {
    const made = await answer(this.world, { operation: "read", type, name: "x", id, inputs: {}, state });
    if ("error" in made) throw new Error(made.error);
    return "outputs" in made ? made.outputs : undefined;
  }
}
