import { useState } from "react";
import { classNames } from "../../ui/class-names.ts";
import { BAR_TEXTS } from "./bar-texts.ts";
import type { CatalogueServer } from "./catalogue-server.ts";
import { GRADE_TONES } from "./grade-chip.tsx";
import { Meter } from "./meter.tsx";

/** The grade and score of a server. A pointer or the focus on it shows the five bars; a click goes to the reasons. */
export function ScoreChip({ server }: { server: CatalogueServer }) {
  const { grade, score } = server;
  const [isOpen, setIsOpen] = useState(false);
  return (
    <a
      href="#score"
      className={classNames(
        "relative flex h-9 items-center gap-2 rounded-lg px-3 text-sm font-medium",
        grade === null ? "bg-soft text-dim" : GRADE_TONES[grade],
      )}
      onPointerEnter={() => setIsOpen(true)}
      onPointerLeave={() => setIsOpen(false)}
      onFocus={() => setIsOpen(true)}
      onBlur={() => setIsOpen(false)}
      onKeyDown={({ key }) => {
        if (key === "Escape") setIsOpen(false);
      }}
    >
      {grade === null ? (
        "Not rated"
      ) : (
        <>
          <span className="sr-only">Grade</span>
          <span className="text-lg leading-none font-semibold">{grade}</span>
          <span className="sr-only">, score</span>
          <span className="tabular-nums">
            {score}
            <span className="font-normal"> / 100</span>
          </span>
        </>
      )}
      {isOpen && (
        <span
          // Its distance to the chip is a part of it, so that the pointer can move onto it.
          className="absolute top-full left-0 z-30 block w-64 pt-1.5 sm:right-0 sm:left-auto"
        >
          <Bars bars={server.scoreDetail.bars} />
        </span>
      )}
    </a>
  );
}

function Bars({ bars }: { bars: CatalogueServer["scoreDetail"]["bars"] }) {
  return (
    <span className="popup grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-2 p-3 text-xs font-normal text-ink">
      {bars.map(({ bar, points, max }) => (
        <span key={bar} className="contents">
          <span>{BAR_TEXTS[bar]?.label ?? bar}</span>
          <Meter value={points} max={max} />
          <span className="text-right text-dim tabular-nums">
            {points} of {max}
          </span>
        </span>
      ))}
    </span>
  );
}
