import type { Client } from "./clients/client.ts";

/** The mark of a client: its two letters. The clients' logos are trademarks. */
export function ClientMark({ client }: { client: Pick<Client, "monogram"> }) {
  return (
    <svg viewBox="0 0 32 32" className="size-8 shrink-0" aria-hidden>
      <rect width="32" height="32" rx="8" className="fill-accent-soft" />
      <text
        x="16"
        y="16.5"
        textAnchor="middle"
        dominantBaseline="central"
        className="fill-accent-ink text-[13px] font-semibold"
      >
        {client.monogram}
      </text>
    </svg>
  );
}
