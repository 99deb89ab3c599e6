/** `npm run engine:stop`: stops the Docker engine that set-up started on this workstation; any other one is left alone. */
import { runMain } from "../terminal/errors";
import { stopOwnEngine } from "../workstation/own-engine";

runMain(async () => {
  process.stdout.write(`${await stopOwnEngine()}\n`);
  return 0;
});
