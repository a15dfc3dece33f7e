import { inject } from "vitest";

export interface PathStats {
  methods: Record<string, number>;
  /** Responses that the client did not wait for. */
  closed: number;
  last: { headers: Record<string, string>; body: string };
}

/** What the hostile upstream has seen on a path. */
export async function statsOf(path: string): Promise<PathStats | undefined> {
  const all = await (await fetch(`${inject("hostileUrl")}/stats`)).json<Record<string, PathStats>>();
  return all[path];
}
