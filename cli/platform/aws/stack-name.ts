import { LABELS } from "../../../plan/labels";

/**
 * A stack's name, which becomes a part of a call.
 *
 * @throws Error for what is no stack name: a comma in it would ask for two stacks
 */
export function stackName(stack: string): string {
  if (!/^[A-Za-z0-9_.-]+$/.test(stack)) throw new Error(`${JSON.stringify(stack)} is no stack name`);
  return stack;
}

/** The filter of EC2's describe calls that picks what carries a stack's tag. */
export function stackFilter(stack: string): string {
  return `Name=tag:${LABELS.stack},Values=${stackName(stack)}`;
}
