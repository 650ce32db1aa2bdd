#include "cairn/admin/verify_pass.hpp"

#include "admin/api/call.hpp"
#include "admin/exposition.hpp"

// What the server is and how its drives are.
namespace cairn::admin::api {
namespace {

json drive_document(const store::DriveReport& d) {
  return {{"name", d.name},
          {"pool", d.identity.pool},
          {"set", d.identity.set},
          {"slot", d.identity.slot},
          {"state", drive_state_name(d.status.state)},
          {"reason", d.status.reason},
          {"whole", d.status.whole},
          {"full", d.status.full},
          {"total_bytes", d.status.total_bytes},
          {"free_bytes", d.status.free_bytes},
          {"errors", d.status.errors},
          {"open_states", d.status.work_open},
          {"heal_entries", d.status.work_heal}};
}

json set_document(const store::SetReport& s) {
  return {{"pool", s.pool},
          {"set", s.set},
          {"data", s.data},
          {"parity", s.parity},
          {"online", s.online},
          {"drives", s.data + s.parity},
          {"write_quorum", s.write_quorum},
          {"read_quorum", s.read_quorum}};
}

json verify_document(const VerifyPass& pass) {
  const VerifyPass::State s = pass.state();
  json report;
  if (s.report)
    report = {{"objects", s.report->objects},
              {"chunks", s.report->chunks},
              {"damaged", s.report->damaged},
              {"repaired", s.report->repaired},
              {"unreadable", s.report->unreadable}};
  return {{"running", s.running},
          {"started", time_or_null(s.started)},
          {"finished", time_or_null(s.finished)},
          {"report", std::move(report)},
          {"error", s.error}};
}

}  // namespace

Task<json> get_info(Call& c) {
  const store::StoreReport report = c.api.store.report();
  json drives = json::array(), sets = json::array();
  for (const auto& d : report.drives) drives.push_back(drive_document(d));
  for (const auto& s : report.sets) sets.push_back(set_document(s));
  const auto buckets = co_await c.api.store.list_buckets();  // not without a quorum
  co_return json{{"version", c.config.version},     {"revision", c.config.revision},
                 {"time", iso8601_ms(c.now)},       {"can_read", report.can_read},
                 {"can_write", report.can_write},   {"buckets", buckets ? json(buckets->size()) : json()},
                 {"heal_queue", report.heal_queue}, {"drives", std::move(drives)},
                 {"sets", std::move(sets)}};
}

Task<json> get_heal(Call& c) {
  const store::StoreReport report = c.api.store.report();
  json drives = json::array(), sets = json::array();
  for (const auto& d : report.drives)
    if (!d.status.whole || d.status.state != drive::DriveState::online || d.status.work_heal != 0)
      drives.push_back(drive_document(d));
  for (const auto& s : report.sets) sets.push_back(set_document(s));
  co_return json{{"queue", report.heal_queue},
                 {"sets", std::move(sets)},
                 {"drives", std::move(drives)},
                 {"verify", verify_document(c.api.verify)}};
}

Task<json> get_verify(Call& c) { co_return verify_document(c.api.verify); }

Task<json> start_verify(Call& c) {
  if (!c.api.verify.start()) co_return fail(Code::operation_aborted, "A verifying pass is running already.");
  co_return verify_document(c.api.verify);
}

}  // namespace cairn::admin::api
