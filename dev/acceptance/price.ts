import { parsePreview } from "../../cli/review/preview";
import { PRICES } from "../../cli/review/price-table";
import { reviewCost } from "../../cli/review/cost";
import { LONGEST } from "./steps";

/**
 * What a run costs at most, by the table of docs/cost.md: the stack's price for the longest time that a run takes. Pure.
 *
 * @param preview What `pulumi preview --json --show-sames` printed
 */
export function priceText(stack: string, preview: string): string {
  const cost = reviewCost(parsePreview(preview, `The preview of the stack ${stack}`));
  const hourly = (cost?.after ?? 0) / PRICES.hoursPerMonth;
  const most = (hourly * LONGEST) / 60;
  const missing = cost?.unpriced.length === 0 ? "" : " at least, for some instance types have no price there";
  return (
    `The stack ${stack} costs ${PRICES.currency} ${hourly.toFixed(2)} an hour${missing}: list prices of ${PRICES.region} as of ` +
    `${PRICES.date} (docs/cost.md), no quotation, without traffic and requests. A run ends within ${LONGEST} min, so at most ` +
    `${PRICES.currency} ${most.toFixed(2)}; two more workers and a replaced zone are a small part of that.`
  );
}
