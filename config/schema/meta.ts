// Texts for errors and docs/configuration.md. The import makes this an augmentation.
import "zod";

declare module "zod" {
  /** What errors and docs/configuration.md show about a key beside its type. */
  interface GlobalMeta {
    /** Unit of a number. */
    unit?: string;
    /** Values that are accepted, in words. */
    allowed?: string;
    /** What to write instead of a refused value. */
    fix?: string;
    /** Default in words, where it isn't one constant. */
    defaultText?: string;
    /** Whether the value is a secret: errors never show it. */
    secret?: boolean;
  }
}
