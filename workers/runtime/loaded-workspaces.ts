/**
 * The slugs of the workspaces that were loaded in this isolate: their objects may have calls to settle. Only the orderly
 * stop of a local runtime reads them; there, one isolate has all objects.
 */
export const loadedWorkspaces = new Set<string>();
