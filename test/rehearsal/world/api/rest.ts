/** Services of the REST protocol: Route 53's lists, and S3's look at a bucket. Source: their API references. */
import { AwsError } from "../errors";
import type { World } from "../world";
import { xml, xmlReply, type Reply } from "./wire";

/** Route 53. */
export function route53Api({ cloud }: World, method: string, path: string): Reply {
  const { zones } = cloud.state;
  const version = "/2013-04-01/";
  if (method !== "GET" || !path.startsWith(version))
    throw new AwsError("Route 53", "InvalidAction", `${method} ${path} isn't simulated`);
  const [what, id = "", part] = path.slice(version.length).split("/");
  const tell = (zone: typeof zones extends Map<string, infer T> ? T : never) => ({
    Id: `/hostedzone/${zone.id}`,
    Name: `${zone.name}.`,
    CallerReference: zone.id,
    Config: { PrivateZone: zone.vpcs !== undefined },
    ResourceRecordSetCount: zone.records.size + 2,
  });
  if (what === "hostedzone" && id === "") {
    const list = [...zones.values()].map((zone) => xml("HostedZone", tell(zone), "member")).join("");
    return xmlReply(
      `<ListHostedZonesResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones>${list}</HostedZones><Marker></Marker><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>`,
    );
  }
  const zone = zones.get(id);
  if (what === "hostedzone" && part === undefined) {
    if (zone === undefined)
      throw new AwsError("Route 53: GetHostedZone", "NoSuchHostedZone", `No hosted zone found with ID: ${id}`, 404);
    return xmlReply(
      `<GetHostedZoneResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">${xml("HostedZone", tell(zone), "member")}</GetHostedZoneResponse>`,
    );
  }
  if (what === "hostedzone" && part === "rrset" && zone !== undefined) {
    const records = [...zone.records.values()].map(({ name, type, alias, values }) =>
      alias === undefined
        ? `<ResourceRecordSet><Name>${name}.</Name><Type>${type}</Type><TTL>60</TTL><ResourceRecords>${values.map((value) => `<ResourceRecord><Value>${value}</Value></ResourceRecord>`).join("")}</ResourceRecords></ResourceRecordSet>`
        : `<ResourceRecordSet><Name>${name}.</Name><Type>${type}</Type><AliasTarget><HostedZoneId>Z3F0SRJ5LGBH90</HostedZoneId><DNSName>${alias}.</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget></ResourceRecordSet>`,
    );
    return xmlReply(
      `<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets>${records.join("")}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`,
    );
  }
  throw new AwsError("Route 53", "InvalidAction", `${method} ${path} isn't simulated`);
}

/** S3: HeadBucket alone, whose answers have no body. */
export function bucketApi({ cloud }: World, method: string, path: string): Reply {
  const [, bucket = "", key = ""] = path.split("/");
  if (method !== "HEAD" || key !== "")
    throw new AwsError("S3", "NotImplemented", `${method} ${path} isn't simulated`, 501);
  const known = cloud.state.buckets.has(bucket);
  const foreign = cloud.faults.foreignBuckets.has(bucket);
  return { status: known ? 200 : foreign ? 403 : 404, type: "application/xml", body: "" };
}
