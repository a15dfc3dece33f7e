import type { TestProject } from "vitest/node";
import { startAccessTeam } from "../../fixtures/access-team.mjs";
import { startAnnouncingUpstream } from "../../fixtures/announcing-upstream.mjs";
import { startAskingUpstream } from "../../fixtures/asking-upstream.mjs";
import { startDeviatingUpstream } from "../../fixtures/deviating-upstream.ts";
import { startEchoingUpstream } from "../../fixtures/echoing-upstream.mjs";
import { startEventStreamUpstream } from "../../fixtures/event-stream-upstream.mjs";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { startExchangingProvider } from "../../fixtures/exchanging-provider.mjs";
import { startHostileUpstream } from "../../fixtures/hostile-upstream.mjs";
import { startListedUpstream } from "../../fixtures/listed-upstream.mjs";
import { startModernUpstream } from "../../fixtures/modern-upstream.mjs";
import { startPageUpstream } from "../../fixtures/page-upstream.mjs";
import { startProtectedUpstream } from "../../fixtures/protected-upstream.ts";
import { startPublishedUpstream } from "../../fixtures/published-upstream.mjs";
import { startReadmes } from "../../fixtures/readmes.ts";
import { startRegistries } from "../../fixtures/registry.ts";
import { startSdkProtectedUpstream } from "../../fixtures/sdk-protected-upstream.mjs";
import { startSignalServices } from "../../fixtures/signal-services.ts";
import { startModernTasksUpstream, startTasksUpstream } from "../../fixtures/tasks-upstream.mjs";

/** Starts the upstream servers that tests inside workerd call, and provides their URLs to the tests. */
export default async function setup(project: TestProject) {
  const servers: Record<keyof ProvidedUrls, { url: string; close(): unknown }> = {
    hostileUrl: await startHostileUpstream(),
    deviatingUrl: await startDeviatingUpstream(),
    eventStreamUrl: await startEventStreamUpstream(),
    modernUrl: await startModernUpstream(),
    everythingUrl: await startEverythingUpstream("streamableHttp"),
    everythingSseUrl: await startEverythingUpstream("sse"),
    announcingUrl: await startAnnouncingUpstream(),
    askingUrl: await startAskingUpstream(),
    listedUrl: await startListedUpstream(),
    echoingUrl: await startEchoingUpstream(),
    pageUrl: await startPageUpstream(),
    publishedUrl: await startPublishedUpstream(),
    tasksUrl: await startTasksUpstream(),
    modernTasksUrl: await startModernTasksUpstream(),
    accessTeamUrl: await startAccessTeam(),
    registriesUrl: await startRegistries(),
    signalServicesUrl: await startSignalServices(),
    readmesUrl: await startReadmes(),
    exchangingUrl: await startExchangingProvider(),
    protectedUrl: await startProtectedUpstream(),
    sdkProtectedUrl: await startSdkProtectedUpstream(),
  };
  for (const [name, { url }] of Object.entries(servers))
    project.provide(name as keyof ProvidedUrls, url);
  return () => Promise.all(Object.values(servers).map((server) => server.close()));
}

interface ProvidedUrls {
  hostileUrl: string;
  deviatingUrl: string;
  eventStreamUrl: string;
  modernUrl: string;
  everythingUrl: string;
  everythingSseUrl: string;
  announcingUrl: string;
  askingUrl: string;
  listedUrl: string;
  echoingUrl: string;
  pageUrl: string;
  publishedUrl: string;
  tasksUrl: string;
  modernTasksUrl: string;
  accessTeamUrl: string;
  registriesUrl: string;
  signalServicesUrl: string;
  readmesUrl: string;
  exchangingUrl: string;
  protectedUrl: string;
  sdkProtectedUrl: string;
}

declare module "vitest" {
  interface ProvidedContext extends ProvidedUrls {}
}
