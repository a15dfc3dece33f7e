-- Expired rows are found in the order of their numbers, which is the order of time, so that the index on time is not
-- needed. It costs a write for every call.
DROP INDEX mcp_tool_calls_by_time;
