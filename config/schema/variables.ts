import { z } from "zod";

/**
 * Environment variables that a program on the bastion gets: credentials and settings of a provider.
 *
 * @param own prefix of the program's own variables, which aren't allowed: `LEGO_`
 */
export function variables(own: string, meta: { readonly description: string; readonly key: string }) {
  return z
    .record(
      z.string().regex(new RegExp(`^(?!${own})[A-Z][A-Z0-9_]*$`)),
      z.string().min(1).meta({
        description: "The variable's value.",
        allowed: "a text",
        fix: "write it in quotes, where it is a number",
        defaultText: "none",
        secret: true,
      }),
    )
    .default({})
    .meta({
      description: meta.description,
      allowed: `a mapping of environment variables (capitals, digits and '_'; not ${own}*) to texts`,
      fix: `set each with: npm run pulumi -- config set --secret --path swarm-ha:${meta.key}.<NAME>`,
    });
}
