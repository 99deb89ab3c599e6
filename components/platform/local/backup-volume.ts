/** Name of the Docker volume with a stack's backups. No stack owns it, so that it outlives this one. */
export function backupVolumeOf(stack: string): string {
  return `${stack}-backup`;
}
