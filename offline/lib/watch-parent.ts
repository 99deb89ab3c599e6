/** Ends this process soon after its parent has died: a Pulumi engine that was killed can't end its plugins. */
export function watchParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, 500).unref();
}
