/**
 * HAProxy's settings that find dead peers of silent connections within two minutes: after 60 s without a byte, and four
 * probes, 15 s apart. Without them the kernel waits two hours for its first probe.
 * Source: HAProxy 2.6 manual, "clitcpka-idle" and "srvtcpka-idle"; Linux, Documentation/networking/ip-sysctl.
 *
 * @param side `cli`: clients' connections; `srv`: servers'
 */
export function keepAlives(side: "cli" | "srv"): string {
  return ["", "-idle 60s", "-intvl 15s", "-cnt 4"]
    .map((setting, i) => `  ${i === 0 ? "option " : ""}${side}tcpka${setting}`)
    .join("\n");
}
