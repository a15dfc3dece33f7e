import { Time, TimeUntil } from "../../ui/time.tsx";

interface Props {
  at: number | null;
  none: string;
}

/** How long ago an instant was (epoch ms); null: the text `none`. */
export function Instant({ at, none }: Props) {
  return at === null ? none : <Time at={at} />;
}

/** How long it is until an end (epoch ms), or since; null: the text `none`. */
export function End({ at, none }: Props) {
  return at === null ? none : <TimeUntil at={at} />;
}
