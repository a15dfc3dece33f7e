import { Time } from "../../ui/time.tsx";

/** Relative time of an instant (epoch ms); null: the text `none`. */
export function Instant({ at, none }: { at: number | null; none: string }) {
  return at === null ? none : <Time at={at} />;
}
