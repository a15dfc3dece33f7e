import { Check, CircleHelp, Minus, X, type LucideIcon } from "lucide-react";
import { classNames } from "../../ui/class-names.ts";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { Day } from "../../ui/time.tsx";
import { BAR_TEXTS } from "./bar-texts.ts";
import type { CatalogueServer } from "./catalogue-server.ts";
import { Meter } from "./meter.tsx";
import { ReportButton } from "./report-button.tsx";
import { CAP_TEXTS, ITEM_TEXTS } from "./score-texts.ts";

type Detail = CatalogueServer["scoreDetail"];
type Bar = Detail["bars"][number];
type Item = Bar["items"][number];

/** Why a server has its score, bar by bar, and what would raise it. */
export function ScoreSection({ server }: { server: CatalogueServer }) {
  const { score, grade, scoreDetail, scoredAt } = server;
  return (
    <div id="score" className="scroll-mt-20">
      <Section
        title="Score"
        actions={<ReportButton name={server.name} />}
        hint={
          <>
            {grade === null ? "Not rated" : `${score} of 100, grade ${grade}`}. Formula version{" "}
            {scoreDetail.version}, computed <Day at={scoredAt} />.
          </>
        }
      >
        {grade === null && (
          <div className="border-b border-line p-4">
            <Notice tone="info">
              It is not rated, because no source says when its publisher last worked on it. The
              points below are for everything that is known.
            </Notice>
          </div>
        )}
        <Caps caps={scoreDetail.caps} />
        <ul className="divide-y divide-line">
          {scoreDetail.bars.map((bar) => (
            <BarRow key={bar.bar} bar={bar} />
          ))}
        </ul>
      </Section>
    </div>
  );
}

function Caps({ caps }: Pick<Detail, "caps">) {
  if (caps.length === 0) return null;
  return (
    <div className="border-b border-line p-4">
      <Notice tone="warn">
        <ul className="flex flex-col gap-1">
          {listLowest(caps).map(({ cap, max }) => (
            <li key={cap}>
              <span className="font-medium">The score is at most {max}.</span>{" "}
              {CAP_TEXTS[cap]?.reason ?? cap} To end the limit: {toLower(CAP_TEXTS[cap]?.raise)}
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}

/** Without the higher limits for a shorter time without activity. */
function listLowest(caps: Detail["caps"]): Detail["caps"] {
  const [lowest] = caps.filter(({ cap }) => cap.startsWith("inactive_"));
  return caps.filter((cap) => !cap.cap.startsWith("inactive_") || cap === lowest);
}

function toLower(text = ""): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function BarRow({ bar: { bar, points, max, items } }: { bar: Bar }) {
  const text = BAR_TEXTS[bar];
  return (
    <li className="grid gap-x-6 gap-y-3 px-4 py-4 sm:grid-cols-[10rem_minmax(0,1fr)]">
      <div>
        <div className="flex items-baseline justify-between gap-2">
          <h3 className="text-sm font-medium">{text?.label ?? bar}</h3>
          <span className="text-xs text-dim tabular-nums">
            {points} of {max}
          </span>
        </div>
        <div className="mt-1.5">
          <Meter value={points} max={max} />
        </div>
        {text && <p className="mt-1.5 text-xs text-dim">{text.measures}</p>}
      </div>
      <ul className="flex min-w-0 flex-col gap-2.5">
        {items.map((item) => (
          <ItemRow key={item.item} item={item} />
        ))}
      </ul>
    </li>
  );
}

type State = "all" | "some" | "none" | "unknown";

const STATES: Record<State, { icon: LucideIcon; className: string; label: string }> = {
  all: { icon: Check, className: "text-ok", label: "All points" },
  some: { icon: Minus, className: "text-warn", label: "Some of the points" },
  none: { icon: X, className: "text-bad", label: "No points" },
  unknown: { icon: CircleHelp, className: "text-dim", label: "Unknown" },
};

function toState({ points, max }: Item): State {
  if (points === null) return "unknown";
  return points >= max ? "all" : points > 0 ? "some" : "none";
}

function ItemRow({ item }: { item: Item }) {
  const text = ITEM_TEXTS[item.item];
  const state = toState(item);
  const { icon: Icon, className, label } = STATES[state];
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-2.5 text-sm">
      <Icon className={classNames("mt-0.5 size-4", className)} aria-label={label} role="img" />
      <div className="min-w-0">
        <span className="font-medium">{text?.label ?? item.item}</span>
        <p className="text-xs text-dim">{text?.means}</p>
        {state !== "all" && text && (
          <p className="mt-0.5 text-xs">
            {state === "unknown" && "Unknown: no source states it. "}
            <span className="text-accent-ink">To raise it:</span> {toLower(text.raise)}
          </p>
        )}
      </div>
      <span className="text-xs leading-5 text-dim tabular-nums">
        {item.points === null ? "–" : Math.round(item.points * 10) / 10} / {item.max}
      </span>
    </li>
  );
}
