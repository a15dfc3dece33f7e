import type { TestProject } from "vitest/node";
import { startAccessTeam } from "../../fixtures/access-team.mjs";
import { startAnnouncingUpstream } from "../../fixtures/announcing-upstream.mjs";
import { startAskingUpstream } from "../../fixtures/asking-upstream.mjs";
import { startEventStreamUpstream } from "../../fixtures/event-stream-upstream.mjs";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { startHostileUpstream } from "../../fixtures/hostile-upstream.mjs";
import { startModernUpstream } from "../../fixtures/modern-upstream.mjs";
import { startPageUpstream } from "../../fixtures/page-upstream.mjs";

/** Starts the upstream servers that tests inside workerd call, and provides their URLs to the tests. */
export default async function setup(project: TestProject) {
  const hostile = await startHostileUpstream();
  const eventStream = await startEventStreamUpstream();
  const modern = await startModernUpstream();
  const everything = await startEverythingUpstream("streamableHttp");
  const everythingSse = await startEverythingUpstream("sse");
  const announcing = await startAnnouncingUpstream();
  const asking = await startAskingUpstream();
  const page = await startPageUpstream();
  const accessTeam = await startAccessTeam();
  project.provide("hostileUrl", hostile.url);
  project.provide("eventStreamUrl", eventStream.url);
  project.provide("modernUrl", modern.url);
  project.provide("everythingUrl", everything.url);
  project.provide("everythingSseUrl", everythingSse.url);
  project.provide("announcingUrl", announcing.url);
  project.provide("askingUrl", asking.url);
  project.provide("pageUrl", page.url);
  project.provide("accessTeamUrl", accessTeam.url);
  return () =>
    Promise.all(
      [
        hostile,
        eventStream,
        modern,
        everything,
        everythingSse,
        announcing,
        asking,
        page,
        accessTeam,
      ].map((server) => server.close()),
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
    pageUrl: string;
    accessTeamUrl: string;
  }
}
