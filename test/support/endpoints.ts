/** The endpoints of a stack, and HTTPS clients of every kind for them. */
import { Agent, request, type RequestOptions } from "node:https";
import { TLSSocket } from "node:tls";
import type { StackOutputs } from "../../components/outputs";

/** One endpoint. */
export interface Endpoint {
  readonly name: "manager" | "registry" | "app";
  readonly port: number;
  /** Address. Where names below localhost are meant, this workstation's: not every workstation resolves them. */
  readonly address: string;
  /** The name that its certificate must be valid for. */
  readonly hostname: string;
  /** Something that everybody who is let in may ask for, and the status of the answer. */
  readonly path: string;
  readonly status: number;
  /** What a good client trusts and shows. */
  readonly good: Client;
}

/** What a client trusts, shows and speaks. */
export type Client = Pick<
  RequestOptions,
  "ca" | "cert" | "key" | "minVersion" | "maxVersion" | "ciphers" | "servername" | "agent"
>;

/**
 * The endpoints of a stack, by its outputs.
 *
 * @param address where they are reached
 */
export function endpointsOf(
  { endpoints, caCertificate: ca, access }: StackOutputs,
  address = "127.0.0.1",
): Record<Endpoint["name"], Endpoint> {
  const place = (endpoint: string | undefined): Pick<Endpoint, "port" | "hostname" | "address"> => {
    const url = new URL((endpoint ?? "").replace("*.", "nothing-of-this-name."));
    return { port: Number(url.port === "" ? "443" : url.port), hostname: url.hostname, address };
  };
  const { cert, key } = access.person ?? access.client;
  return {
    manager: {
      ...place(endpoints.manager),
      name: "manager",
      hostname: "localhost",
      path: "/_ping",
      status: 200,
      good: { ca, cert, key },
    },
    registry: { ...place(endpoints.registry), name: "registry", path: "/v2/", status: 401, good: { ca } },
    app: { ...place(endpoints.app), name: "app", path: "/", status: 404, good: { ca } },
  };
}

/** How a visit went. */
export interface Visit {
  readonly status: number;
  /** TLS version. */
  readonly protocol: string;
  /** Serial number of the certificate that was shown. */
  readonly serial: string;
  /** This side's TCP port: the same for visits over one connection. */
  readonly localPort: number;
}

/**
 * One request, on a connection of its own unless the client brings an agent.
 *
 * @throws Error with OpenSSL's or Node's code, when either side refuses, or there is no answer within 5 s
 */
export function visit({ port, address, hostname, path, good }: Endpoint, client: Client = {}): Promise<Visit> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: address, port, path, headers: { host: hostname }, ...tls(hostname, { ...good, ...client }) },
      (response) => {
        const { socket } = response;
        if (!(socket instanceof TLSSocket)) throw new Error("an HTTPS answer without TLS");
        const [protocol, serial] = [socket.getProtocol() ?? "", socket.getPeerCertificate().serialNumber];
        const { localPort = 0 } = socket;
        response.resume();
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, protocol, serial, localPort });
        });
        response.on("error", reject);
      },
    );
    call.setTimeout(5000, () => call.destroy(new Error("no answer within 5 s")));
    call.on("error", reject);
    call.end();
  });
}

function tls(servername: string, client: Client): RequestOptions {
  return { servername, agent: new Agent({ keepAlive: false }), ...client };
}

/** Only this version of TLS, also where a library of today would rather not. */
export function only(version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): Client {
  return {
    minVersion: version,
    maxVersion: version,
    ...(version === "TLSv1.1" ? { ciphers: "DEFAULT:@SECLEVEL=0" } : {}),
  };
}
