import type { LucideIcon } from "lucide-react";
import type { Searchable } from "./rank-entries.ts";

/** Something that the palette finds. */
export interface Entry extends Searchable {
  id: string;
  kind: string;
  /** Shown after the label. */
  detail: string;
  icon: LucideIcon;
  run: () => void;
}
