import { classNames } from "../../ui/class-names.ts";

const LOOKS = {
  ok: { color: "bg-ok", word: "Reachable" },
  failing: { color: "bg-bad", word: "Failing" },
  unknown: { color: "bg-warn", word: "Not checked yet" },
  disabled: { color: "bg-strong", word: "Switched off" },
};
export type Status = keyof typeof LOOKS;

/** A server's state as a coloured dot, with a word for those who do not see colours. */
export function StatusDot({ status }: { status: Status }) {
  const { color, word } = LOOKS[status];
  return (
    <span className="flex h-5 shrink-0 items-center" title={word}>
      <span className={classNames("size-2 rounded-full", color)} aria-hidden />
      <span className="sr-only">{word}.</span>
    </span>
  );
}

export function statusWord(status: Status): string {
  return LOOKS[status].word;
}
