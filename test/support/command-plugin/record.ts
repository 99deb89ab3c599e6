/**
 * Records what the official command plugin does:
 * `npx tsx test/support/command-plugin/record.ts <pulumi-resource-command> >test/unit/kit/transcripts/command-1.2.1.json`
 */
import { transcripts } from "./transcript";

async function main(): Promise<void> {
  const [path] = process.argv.slice(2);
  if (path === undefined) throw new Error("The path of the plugin is missing.");
  process.stdout.write(`${JSON.stringify(await transcripts([path]), undefined, 2)}\n`);
}

void main();
