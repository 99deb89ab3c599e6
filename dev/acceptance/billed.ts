import { reviewBilled } from "../../cli/review/billed";
import { parsePreview } from "../../cli/review/preview";
import { LONGEST } from "./steps";

/**
 * What is billed during a run: resources and time, without amounts. Pure.
 *
 * @param preview What `pulumi preview --json --show-sames` printed
 */
export function billedText(stack: string, preview: string): string {
  const billed = reviewBilled(parsePreview(preview, `The preview of the stack ${stack}`));
  const all = billed.filter(({ after }) => after > 0).map(({ what, after }) => `${after} × ${what}`);
  return (
    `AWS bills these resources of the stack ${stack} for at most ${LONGEST} min: ${all.join(", ")}. Besides: traffic, requests, ` +
    "two more workers, a replaced zone. docs/cost.md explains how to price them."
  );
}
