// Runs around the production bundle (`./index.js`, unchanged) and counts what Cloudflare bills. GET /counts returns the
// counters since the last read, as JSON. The time in which an object is awake is that in which it cannot hibernate: it
// handles an event, or waits for a timer, a response or work of `waitUntil`.
import { AsyncLocalStorage } from "node:async_hooks";
import worker, * as bundle from "./index.js";

const QUEUE_BYTES = 64 * 1024;
const COUNTER_NAMES = [
  "workerRequests",
  "objectRequests",
  "socketMessages",
  "objectsMade",
  "objectRowsRead",
  "objectRowsWritten",
  "databaseQueries",
  "databaseRowsRead",
  "databaseRowsWritten",
  "queueOperations",
  "awakeMs",
];

let counts = makeCounts();
/** Objects that are awake now; they add to `awakeMs` when they fall asleep or the counters are read. */
const awake = new Set();
/** The object in which code runs; none: the Worker. */
const current = new AsyncLocalStorage();

function makeCounts() {
  return Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0]));
}

function readCounts() {
  for (const activity of awake) activity.add();
  const read = counts;
  counts = makeCounts();
  return read;
}

/** What keeps one object awake. */
class Activity {
  #pins = 0;
  #since = 0;

  pin() {
    if (this.#pins++ === 0) {
      this.#since = Date.now();
      awake.add(this);
    }
    let isPinned = true;
    return () => {
      if (!isPinned) return;
      isPinned = false;
      if (--this.#pins > 0) return;
      this.add();
      awake.delete(this);
    };
  }

  add() {
    const now = Date.now();
    counts.awakeMs += now - this.#since;
    this.#since = now;
  }

  during(work) {
    return Promise.resolve(work).finally(this.pin());
  }
}

/** The activity of each object. */
const activities = new WeakMap();

/** Handlers of events that are not billed as requests. */
const UNBILLED = new Set(["webSocketClose", "webSocketError"]);

function countObject(Base) {
  class Counted extends Base {
    constructor(ctx, env) {
      const activity = new Activity();
      counts.objectsMade++;
      countStorage(ctx.storage);
      const waitUntil = ctx.waitUntil.bind(ctx);
      const value = (work) => waitUntil(activity.during(work));
      Object.defineProperty(ctx, "waitUntil", { value });
      super(ctx, countEnv(env));
      activities.set(this, activity);
    }
  }
  for (const name of Object.getOwnPropertyNames(Base.prototype)) {
    const method = Object.getOwnPropertyDescriptor(Base.prototype, name)?.value;
    if (name === "constructor" || typeof method !== "function") continue;
    const value = function countEvent(...args) {
      const activity = activities.get(this);
      // Called by another method of the object: no event.
      if (current.getStore() === activity) return method.apply(this, args);
      if (name === "webSocketMessage") counts.socketMessages++;
      else if (!UNBILLED.has(name)) counts.objectRequests++;
      const unpin = activity.pin();
      const result = current.run(activity, () => method.apply(this, args));
      if (result instanceof Promise) return result.finally(unpin);
      unpin();
      return result;
    };
    Object.defineProperty(Counted.prototype, name, { value });
  }
  return Counted;
}

/** Counts an object's rows. A row is written for each alarm that is set or deleted, too. */
function countStorage(storage) {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const countedExec = (...args) => {
    const cursor = exec(...args);
    counts.objectRowsWritten += cursor.rowsWritten;
    // What a query has read is known after its rows were taken, which no caller delays.
    queueMicrotask(() => (counts.objectRowsRead += cursor.rowsRead));
    return cursor;
  };
  Object.defineProperty(sql, "exec", { value: countedExec });
  for (const name of ["setAlarm", "deleteAlarm"]) {
    const method = storage[name].bind(storage);
    const value = (...args) => {
      counts.objectRowsWritten++;
      return method(...args);
    };
    Object.defineProperty(storage, name, { value });
  }
}

const environments = new WeakMap();

function countEnv(env) {
  let counted = environments.get(env);
  if (!counted) {
    const fetchEgress = env.EGRESS.fetch.bind(env.EGRESS);
    counted = {
      ...env,
      DB: countDatabase(env.DB),
      AUDIT_QUEUE: countQueue(env.AUDIT_QUEUE),
      EGRESS: { fetch: (...args) => countFetch(fetchEgress(...args)) },
    };
    environments.set(env, counted);
  }
  return counted;
}

function countDatabase(db) {
  const count = ({ meta }) => {
    counts.databaseQueries++;
    counts.databaseRowsRead += meta.rows_read;
    counts.databaseRowsWritten += meta.rows_written;
  };
  const countAll = (result) => {
    count(result);
    return result;
  };
  const originals = new WeakMap();
  const countStatement = (statement, query) => {
    const counted = {
      bind: (...values) => countStatement(statement.bind(...values), query),
      run: async () => countAll(await statement.run()),
      all: async () => countAll(await statement.all()),
      first: async (column) => {
        const [row] = countAll(await statement.all()).results;
        return row === undefined ? null : column === undefined ? row : row[column];
      },
      raw: async () => {
        // `raw` returns no figures. Another query counts those of a read; what is written is taken from its rows.
        if (/^\s*select\b/i.test(query)) {
          count(await statement.all());
          return statement.raw();
        }
        const { results } = countAll(await statement.all());
        return results.map((row) => Object.values(row));
      },
    };
    originals.set(counted, statement);
    return counted;
  };
  return {
    prepare: (query) => countStatement(db.prepare(query), query),
    batch: async (statements) => {
      const results = await db.batch(statements.map((statement) => originals.get(statement)));
      for (const result of results) count(result);
      return results;
    },
  };
}

/** A message is written, read and deleted: three operations for each 64 KB. */
function countQueue(queue) {
  return {
    send: (message) => {
      const bytes = JSON.stringify(message).length;
      counts.queueOperations += 3 * Math.ceil(bytes / QUEUE_BYTES);
      return queue.send(message);
    },
  };
}

/** Keeps the object awake until the response has arrived, that of an event stream to its end. */
async function countFetch(sent) {
  const activity = current.getStore();
  if (!activity) return sent;
  const response = await activity.during(sent);
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  if (!isStream || !response.body) return response;
  const unpin = activity.pin();
  const { readable, writable } = new TransformStream();
  response.body.pipeTo(writable).then(unpin, unpin);
  return new Response(readable, response);
}

const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;
const { setInterval: startInterval, clearInterval: stopInterval } = globalThis;
const timers = new Map();

globalThis.setTimeout = (callback, delay, ...args) => {
  const unpin = current.getStore()?.pin();
  const timer = startTimer(() => {
    unpin?.();
    timers.delete(timer);
    callback(...args);
  }, delay);
  if (unpin) timers.set(timer, unpin);
  return timer;
};
globalThis.setInterval = (callback, delay, ...args) => {
  const unpin = current.getStore()?.pin();
  const timer = startInterval(() => callback(...args), delay);
  if (unpin) timers.set(timer, unpin);
  return timer;
};
globalThis.clearTimeout = (timer) => stop(timer, stopTimer);
globalThis.clearInterval = (timer) => stop(timer, stopInterval);

function stop(timer, stopIt) {
  timers.get(timer)?.();
  timers.delete(timer);
  stopIt(timer);
}

const { scheduler } = globalThis;
const wait = scheduler.wait.bind(scheduler);
Object.defineProperty(scheduler, "wait", {
  value: (...args) => current.getStore()?.during(wait(...args)) ?? wait(...args),
});

export const AuthFailures = countObject(bundle.AuthFailures);
export const HttpSseSession = countObject(bundle.HttpSseSession);
export const SuspendedCall = countObject(bundle.SuspendedCall);
export const Workspace = countObject(bundle.Workspace);
export const { Shutdown } = bundle;

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/counts") return Response.json(readCounts());
    counts.workerRequests++;
    return worker.fetch(request, countEnv(env), ctx);
  },
  queue(batch, env, ctx) {
    counts.workerRequests++;
    return worker.queue(batch, countEnv(env), ctx);
  },
  scheduled(controller, env, ctx) {
    counts.workerRequests++;
    return worker.scheduled(controller, countEnv(env), ctx);
  },
};
