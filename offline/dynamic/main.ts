/** The provider of dynamic resources: the SDK's own, as the project has it installed. */
import { createRequire } from "node:module";
import { join } from "node:path";

createRequire(join(process.cwd(), "package.json"))("@pulumi/pulumi/cmd/dynamic-provider");
