import { Info } from "lucide-react";
import { useRef } from "react";
import { Day } from "../../ui/time.tsx";
import { describeSource } from "./describe-source.ts";

/** What a source states, and when it did, epoch ms. */
export interface Statement {
  source: string;
  asOf: number;
}

/** A button that shows which source states a fact, and as of when; nothing without a source. */
export function SourceNote({ of, statement }: { of: string; statement: Statement | undefined }) {
  const details = useRef<HTMLDetailsElement>(null);
  if (!statement) return null;
  const close = () => details.current?.removeAttribute("open");
  return (
    <details
      ref={details}
      // Browsers close the others of this name.
      name="marketplace-source"
      className="relative shrink-0"
    >
      <summary
        onBlur={close}
        onKeyDown={({ key }) => {
          if (key === "Escape") close();
        }}
        aria-label={`Source of: ${of}`}
        className="-my-1 flex size-6 list-none items-center justify-center rounded text-dim hover:bg-soft hover:text-ink [&::-webkit-details-marker]:hidden"
      >
        <Info className="size-3.5" aria-hidden />
      </summary>
      <p className="popup absolute top-full right-0 z-30 mt-1 w-56 px-3 py-2 text-xs text-ink">
        <span className="font-medium">{describeSource(statement.source)}</span>, as of{" "}
        <Day at={statement.asOf} />
      </p>
    </details>
  );
}
