import type { Path } from "./schema-walk.ts";

/** Reports a change of a definition: the place, and what was changed there. */
export type ReportChange = (path: Path, change: string) => void;
