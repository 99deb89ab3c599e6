import { z } from "zod";
import { describer } from "../../../description";
import { access } from "./access";
import { aws } from "./aws";

export { poolInstance as poolKeys } from "./instance";

/** Top-level keys. */
export const keys = { aws, access };

/** Description of one of these keys at a path. */
export const describeKey = describer(z.strictObject(keys));
