/** The parts of `pulumi stack export` that say whether a stack has anything. */
interface ExportedStack {
  readonly deployment?: {
    readonly resources?: readonly { readonly type?: string }[] | null;
    readonly pending_operations?: readonly unknown[] | null;
  } | null;
}

/**
 * Does the state know of anything real? The stack itself and providers are there from the first second of an `up`, and
 * stay when it has made nothing.
 *
 * @param exported what `pulumi stack export` printed
 */
export function hasResources(exported: string): boolean {
  const { deployment } = JSON.parse(exported) as ExportedStack;
  const real = (deployment?.resources ?? []).filter(
    ({ type }) => type !== "pulumi:pulumi:Stack" && type?.startsWith("pulumi:providers:") !== true,
  );
  return real.length > 0 || (deployment?.pending_operations ?? []).length > 0;
}
