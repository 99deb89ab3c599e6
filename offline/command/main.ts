/** The command provider: remote commands over SSH. */
import { serveProvider } from "../lib/provider";
import { remoteCommand } from "./command";

serveProvider({ name: "command", version: "1.2.1", types: { "command:remote:Command": remoteCommand } });
