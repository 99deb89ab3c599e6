import { z } from "zod";

/** Tags, as EC2 lists them. */
export const tagsField = z.array(z.object({ Key: z.string(), Value: z.string() })).default([]);

/** What `aws ec2 describe-instances` prints, with these fields of each instance. */

export const instancesAnswer = <Fields extends z.ZodRawShape>(fields: Fields) =>
  z.object({ Reservations: z.array(z.object({ Instances: z.array(z.object(fields)) })) });
