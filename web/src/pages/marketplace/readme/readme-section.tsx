import { useQuery } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { marketplaceReadmeQuery } from "../../../api/marketplace.ts";
import { lazyComponent } from "../../../load-code.ts";
import { Section } from "../../../ui/page.tsx";
import { Loaded, LoadingState } from "../../../ui/states.tsx";
import { Day } from "../../../ui/time.tsx";
import { OutsideLink } from "../outside-link.tsx";

const ReadmeText = lazyComponent(() => import("./readme-text.tsx"), "ReadmeText");

/** How far from the screen the section is when it is loaded. */
const MARGIN = "600px";

/** The README of a server, which is loaded when the section is near the screen. */
export function ReadmeSection({ name }: { name: string }) {
  const [isNear, setNear] = useState(false);
  return (
    <Section title="README">
      <div ref={isNear ? undefined : observeWith(setNear)} className="min-h-24">
        {isNear ? <Readme name={name} /> : <LoadingState lines={3} />}
      </div>
    </Section>
  );
}

function observeWith(setNear: (isNear: boolean) => void) {
  return (element: HTMLElement | null) => {
    if (!element) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setNear(true);
      },
      { rootMargin: MARGIN },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };
}

function Readme({ name }: { name: string }) {
  const query = useQuery(marketplaceReadmeQuery(name));
  return (
    <Loaded query={query} lines={3}>
      {({ text, sourceUrl, isCut, fetchedAt, problem }) =>
        text === null || sourceUrl === null ? (
          <p className="px-4 py-3 text-sm text-dim">{problem ?? "There is none."}</p>
        ) : (
          <div className="flex flex-col gap-4 p-4">
            <p className="text-xs text-dim">
              From <OutsideLink url={sourceUrl} />
              {fetchedAt !== null && (
                <>
                  , as of <Day at={fetchedAt} />
                </>
              )}
              . {isCut && "Only its beginning is shown. "}
              {problem !== null && `It could not be fetched again: ${problem}`}
            </p>
            <Suspense fallback={<LoadingState lines={6} />}>
              <ReadmeText text={text} sourceUrl={sourceUrl} />
            </Suspense>
          </div>
        )
      }
    </Loaded>
  );
}
