/** `npx tsx dev/iam-docs.ts`: writes the policies of CI's roles to docs/iam. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { POLICIES } from "./iam/policies";
import { root } from "../cli/paths";

/** Where they lie. */
export const IAM_DOCS = join(root, "docs", "iam");

if (require.main === module) {
  mkdirSync(IAM_DOCS, { recursive: true });
  for (const [file, policy] of Object.entries(POLICIES))
    writeFileSync(join(IAM_DOCS, file), `${JSON.stringify(policy(), null, 2)}\n`);
}
