import { useQuery } from "@tanstack/react-query";
import { DAY_MS } from "../../../../workers/contract/units.ts";
import { publisherHistoryQuery } from "../../api/publishing.ts";
import { formatCount } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { Day } from "../../ui/time.tsx";

const WIDTH = 96;
const HEIGHT = 24;
const MAX_SCORE = 100;

/** Installs and scores over time of a publisher's servers. */
export function PublisherHistory({ namespace }: { namespace: string }) {
  const { data } = useQuery(publisherHistoryQuery(namespace));
  if (!data || data.items.length === 0) return null;
  return (
    <Section
      title="Installs and scores"
      hint="Installs of the last 7 days, and each change of the score"
    >
      <ul className="divide-y divide-line">
        {data.items.map(({ name, installsLastWeek, scores }) => (
          <li
            key={name}
            className="flex flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2.5 text-sm"
          >
            <span className="min-w-0 flex-1 basis-56 font-mono text-xs wrap-anywhere">{name}</span>
            <span className="text-dim tabular-nums">
              {formatCount(installsLastWeek)} {installsLastWeek === 1 ? "install" : "installs"}
            </span>
            <Scores scores={scores} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Scores({ scores }: { scores: { day: number; score: number }[] }) {
  const [first, last] = [scores[0], scores.at(-1)];
  if (!first || !last) return null;
  const days = Math.max(1, last.day - first.day);
  // A score stands until it changes.
  const points = scores.flatMap(({ day, score }, place) => {
    const y = HEIGHT - (score / MAX_SCORE) * HEIGHT;
    const x = ((day - first.day) / days) * WIDTH;
    const before = scores[place - 1];
    return before
      ? [`${x},${HEIGHT - (before.score / MAX_SCORE) * HEIGHT}`, `${x},${y}`]
      : [`${x},${y}`];
  });
  const shown = scores.map(({ score }) => score).join(", ");
  return (
    <span className="flex items-center gap-2">
      {scores.length > 1 && (
        <svg
          viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`}
          role="img"
          aria-label={`Scores, the oldest first: ${shown}`}
          className="h-6 w-24"
        >
          <polyline
            points={points.join(" ")}
            className="fill-none stroke-accent"
            strokeWidth={1.5}
          />
        </svg>
      )}
      <span className="tabular-nums">
        {last.score} since <Day at={last.day * DAY_MS} />
      </span>
    </span>
  );
}
