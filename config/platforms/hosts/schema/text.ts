import { z } from "zod";
import { isHostAddress } from "../../../../plan/ipv4";

/** A port of a host. */
export const port = z.int().min(1).max(65_535);

/** The address of one host. */
export const address = (description: string, more: { readonly defaultText?: string } = {}) =>
  z
    .string()
    .refine(isHostAddress)
    .meta({
      description,
      allowed: "an IPv4 address of four decimal numbers",
      fix: "write an address such as 10.0.1.1",
      ...more,
    });

/** A text on one line. */
export const line = z
  .string()
  .max(1000)
  .regex(/^[^\p{Cc}]+$/u);
