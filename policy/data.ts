/** Resources that hold what nobody can make again, and what is in each. */
const DATA: Readonly<Record<string, string>> = {
  "aws:s3/bucket:Bucket": "the registry's images",
  "aws:s3/bucketV2:BucketV2": "the registry's images",
  "aws:kms/key:Key": "what it has encrypted",
  "aws:ebs/volume:Volume": "its content",
  "aws:efs/fileSystem:FileSystem": "its content",
  "pulumi-nodejs:dynamic/swarm-ha:Network": "the registry's volume",
};

/** What is lost with a resource of a type; undefined for what can be made again. */
export function dataIn(type: string): string | undefined {
  return DATA[type];
}

/** Tag of data that is there to be thrown away with its stack: `yes`. */
export const THROWAWAY = "swarm-ha.throwaway";

/** Types whose resources are protected where the data is worth it. */
export const PROTECTED_TYPES: readonly string[] = Object.keys(DATA).filter((type) => type.startsWith("aws:"));
