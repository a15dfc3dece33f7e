import type { Client } from "./clients/client.ts";

/**
 * The mark of a client: its two letters in a terminal with a prompt, in an editor with its side bar, or in the window of an
 * app. The clients' logos are trademarks.
 */
export function ClientMark({ client }: { client: Pick<Client, "monogram" | "frame"> }) {
  return (
    <svg viewBox="0 0 32 32" className="size-8 shrink-0 text-accent-ink" aria-hidden>
      <rect
        x="1"
        y="1"
        width="30"
        height="30"
        rx="6"
        className="fill-accent-soft stroke-current"
        strokeOpacity="0.4"
      />
      <Frame frame={client.frame} />
      <text
        x={client.frame === "editor" ? 19.8 : 16}
        y={client.frame === "terminal" ? 12.5 : client.frame === "window" ? 20 : 16.5}
        textAnchor="middle"
        dominantBaseline="central"
        className="fill-current text-[11px] font-semibold"
      >
        {client.monogram}
      </text>
    </svg>
  );
}

function Frame({ frame }: Pick<Client, "frame">) {
  switch (frame) {
    case "terminal":
      return (
        <path
          d="M7 21.5l3 2.5-3 2.5M13 26.5h8"
          className="fill-none stroke-current"
          strokeWidth="1.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      );
    case "editor":
      return (
        <path
          d="M8.5 1.5v29M3.8 8h2M3.8 12h2M3.8 16h2"
          className="fill-none stroke-current"
          strokeWidth="1.2"
          strokeOpacity="0.7"
        />
      );
    case "window":
      return (
        <>
          <path d="M1 9.5h30" className="stroke-current" strokeOpacity="0.5" />
          {[6, 10, 14].map((x) => (
            <circle key={x} cx={x} cy="5.4" r="1.2" className="fill-current" />
          ))}
        </>
      );
  }
}
