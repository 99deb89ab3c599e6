/**
 * A text that EC2 accepts as the description of a security group or rule. Only {@link description} creates one.
 *
 * Source: docs.aws.amazon.com, EC2 API, IpRange: at most 255 characters, `a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`. The provider
 * doesn't check it, so a preview wouldn't find an apostrophe.
 */
export type Description = string & { readonly accepted: unique symbol };

const ACCEPTED = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

/** @throws Error for a text that EC2 refuses */
export function description(text: string): Description {
  if (!ACCEPTED.test(text)) throw new Error(`EC2 refuses this description: ${JSON.stringify(text)}`);
  return text as Description;
}
