import type { TestProject } from "vitest/node";
import { startAccessTeam } from "../../fixtures/access-team.mjs";
import { startAnnouncingUpstream } from "../../fixtures/announcing-upstream.mjs";
import { startAskingUpstream } from "../../fixtures/asking-upstream.mjs";
import { startEventStreamUpstream } from "../../fixtures/event-stream-upstream.mjs";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { startHostileUpstream } from "../../fixtures/hostile-upstream.mjs";
import { startModernUpstream } from "../../fixtures/modern-upstream.mjs";

/** Starts the upstream servers that tests inside workerd call, and provides their URLs to the tests. */
export default async function setup(project: TestProject) {
  const [hostile, eventStream, modern, everything, everythingSse, announcing, asking, accessTeam] =
    await Promise.all([
      startHostileUpstream(),
      startEventStreamUpstream(),
      startModernUpstream(),
      startEverythingUpstream("streamableHttp"),
      startEverythingUpstream("sse"),
      startAnnouncingUpstream(),
      startAskingUpstream(),
      startAccessTeam(),
    ]);
  project.provide("hostileUrl", hostile.url);
  project.provide("eventStreamUrl", eventStream.url);
  project.provide("modernUrl", modern.url);
  project.provide("everythingUrl", everything.url);
  project.provide("everythingSseUrl", everythingSse.url);
  project.provide("announcingUrl", announcing.url);
  project.provide("askingUrl", asking.url);
  project.provide("accessTeamUrl", accessTeam.url);
  return () =>
    Promise.all(
      [hostile, eventStream, modern, everything, everythingSse, announcing, asking, accessTeam].map(
        (server) => server.close(),
      ),
    );
}

declare module "vitest" {
  interface ProvidedContext {
    hostileUrl: string;
    eventStreamUrl: string;
    modernUrl: string;
    everythingUrl: string;
    everythingSseUrl: string;
    announcingUrl: string;
    askingUrl: string;
    accessTeamUrl: string;
  }
}
