/** `npm run engine:stop`: stops the Docker engine that `npm start` started without systemd; any other one is left alone. */
import { runMain } from "../terminal/errors";
import { stopDockerd } from "../workstation/dockerd";

runMain(async () => {
  process.stdout.write(`${await stopDockerd()}\n`);
  return 0;
});
