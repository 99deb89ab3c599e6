/** What a resource type of the aws provider is made of in the simulated AWS. */

/** Inputs and outputs by their names in Pulumi, without secret marks. */
export type Fields = Record<string, unknown>;

/** A resource that was made. */
export interface Made {
  readonly id: string;
  /** What only AWS knows: computed outputs. */
  readonly outputs: Fields;
}

/**
 * One resource type: what terraform-provider-aws calls for it, in its order and with its retries. Errors are refusals
 * of AWS that the provider doesn't forgive.
 */
export interface Kind {
  create(inputs: Fields): Promise<Made>;
  /** Computed outputs, and inputs that have other values by now. @returns undefined when it is gone */
  read(id: string, state: Fields): Fields | undefined;
  /** Changes it in place. @returns computed outputs */
  update(id: string, inputs: Fields, olds: Fields): Promise<Fields>;
  /** Removes it. What is gone already is no error. */
  delete(id: string, state: Fields): Promise<void>;
}

/** Resource types by their token without `aws:`. */
export type Kinds = Readonly<Record<string, Kind>>;
