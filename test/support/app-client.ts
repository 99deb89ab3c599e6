/** Requests to applications through the application load balancer, each on a connection of its own. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { StackOutputs } from "../../components/outputs";
import { endpointsOf } from "./endpoints";

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/** How to ask. */
export interface Question extends RequestOptions {
  /** By HTTP, not HTTPS. @default false */
  readonly plain?: boolean;
}

/** How long an answer may take, in ms. */
const PATIENCE = 10_000;

/** See the top of this file. */
export class AppClient {
  /** `app.<domain>`. */
  public readonly domain: string;
  /** Ports on this workstation. Test stacks' ports follow each other (portsFrom). */
  public readonly ports: { readonly http: number; readonly https: number };
  private readonly ca: string;

  /** @param address where the endpoint is reached */
  public constructor(
    { endpoints, caCertificate, ...outputs }: StackOutputs,
    private readonly address = "127.0.0.1",
  ) {
    const { app } = endpointsOf({ endpoints, caCertificate, ...outputs });
    this.domain = app.hostname.split(".").slice(1).join(".");
    this.ports = { http: app.port - 1, https: app.port };
    this.ca = caCertificate;
  }

  /** Asks `<name>.app.<domain>`. @throws Error when there is no answer within 10 s */
  public ask(name: string, path: string, { plain = false, ...more }: Question = {}): Promise<Answer> {
    const host = `${name}.${this.domain}`;
    const port = plain ? this.ports.http : this.ports.https;
    // By address: not every workstation resolves the names.
    const all = { host: this.address, port, path, headers: { host: `${host}:${port}` }, ...more };
    return new Promise((resolve, reject) => {
      const call = plain ? httpRequest(all) : httpsRequest({ ...all, ca: this.ca, servername: host, agent: false });
      const timer = setTimeout(() => {
        call.destroy(new Error(`no answer from ${host}${path} within ${String(PATIENCE / 1000)} s`));
      }, PATIENCE);
      call.on("close", () => {
        clearTimeout(timer);
      });
      call.on("error", reject);
      call.on("response", (message) => {
        let body = "";
        message.setEncoding("utf8");
        message.on("data", (part: string) => (body += part));
        message.on("error", reject);
        message.on("end", () => {
          resolve({ status: message.statusCode ?? 0, location: message.headers.location, body });
        });
      });
      call.end();
    });
  }
}
