#include "admin/exposition.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace cairn::admin {

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Exposition::sample(std::string_view name, const Labels& labels, double value) {
  out_ += name;
  char open = '{';
  for (const auto& [label, text] : labels) {
    out_ += std::exchange(open, ',');
    out_ += label;
    out_ += "=\"";
    for (const char ch : text) {
      if (ch == '\\' || ch == '"') out_ += '\\';
      out_ += ch == '\n' ? "\\n" : std::string_view(&ch, 1);
    }
    out_ += '"';
  }
  if (!labels.empty()) out_ += '}';
  fmt::format_to(std::back_inserter(out_), " {}\n", value);
}

namespace {
constexpr std::array<std::string_view, 5> kDriveStates{"online", "offline", "faulty", "stalled", "damaged"};
}  // namespace

std::string_view drive_state_name(drive::DriveState state) {
  return kDriveStates[static_cast<std::size_t>(state)];
}

namespace {

Labels labels_of(const store::DriveReport& d) {
  return {
      {"drive", d.name}, {"pool", std::to_string(d.identity.pool)}, {"set", std::to_string(d.identity.set)}};
}

struct DriveGauge {
  const char *name, *type, *help;
  double (*read)(const drive::DriveStatus&);
};
constexpr DriveGauge kDriveGauges[] = {
    {"cairn_drive_whole", "gauge", "1 unless the drive is being filled.",
     [](const drive::DriveStatus& s) { return s.whole ? 1.0 : 0.0; }},
    {"cairn_drive_full", "gauge", "1 while free space is below the reserve, so that data is refused.",
     [](const drive::DriveStatus& s) { return s.full ? 1.0 : 0.0; }},
    {"cairn_drive_capacity_bytes", "gauge", "Size of the drive's file system.",
     [](const drive::DriveStatus& s) { return static_cast<double>(s.total_bytes); }},
    {"cairn_drive_free_bytes", "gauge", "Free space of the drive's file system.",
     [](const drive::DriveStatus& s) { return static_cast<double>(s.free_bytes); }},
    {"cairn_drive_errors_total", "counter", "Operations of the drive that failed.",
     [](const drive::DriveStatus& s) { return static_cast<double>(s.errors); }},
    {"cairn_drive_open_states", "gauge",
     "Accepted states on the drive that are not known to be committed (about).",
     [](const drive::DriveStatus& s) { return static_cast<double>(s.work_open); }},
    {"cairn_drive_heal_entries", "gauge", "Heal entries on the drive (about).",
     [](const drive::DriveStatus& s) { return static_cast<double>(s.work_heal); }},
    {"cairn_drive_collect_entries", "gauge", "Data on the drive that waits to be removed (about).",
     [](const drive::DriveStatus& s) { return static_cast<double>(s.work_collect); }},
};

void write_drives(Exposition& out, const store::StoreReport& report) {
  out.family("cairn_drive_state", "gauge", "1 for the state that the drive is in, 0 for the others.");
  for (const auto& d : report.drives)
    for (std::size_t i = 0; i < kDriveStates.size(); ++i) {
      Labels labels = labels_of(d);
      labels.emplace_back("state", kDriveStates[i]);
      out.sample("cairn_drive_state", labels, static_cast<std::size_t>(d.status.state) == i ? 1 : 0);
    }
  for (const DriveGauge& g : kDriveGauges) {
    out.family(g.name, g.type, g.help);
    for (const auto& d : report.drives) out.sample(g.name, labels_of(d), g.read(d.status));
  }
}

struct SetGauge {
  const char *name, *help;
  std::uint32_t store::SetReport::* value;
};
constexpr SetGauge kSetGauges[] = {
    {"cairn_set_drives_online", "Drives of the erasure set that are in service.", &store::SetReport::online},
    {"cairn_set_data_shards", "Data shards of an object in the set.", &store::SetReport::data},
    {"cairn_set_parity_shards", "Parity shards of an object in the set.", &store::SetReport::parity},
    {"cairn_set_write_quorum", "Drives that a write needs.", &store::SetReport::write_quorum},
    {"cairn_set_read_quorum", "Drives that a read needs.", &store::SetReport::read_quorum},
};
}  // namespace

void write_store(Exposition& out, const store::StoreReport& report) {
  write_drives(out, report);
  for (const SetGauge& g : kSetGauges) {
    out.family(g.name, "gauge", g.help);
    for (const auto& s : report.sets)
      out.sample(g.name, {{"pool", std::to_string(s.pool)}, {"set", std::to_string(s.set)}}, s.*g.value);
  }
  out.single("cairn_can_read", "gauge", "1 while every set has its read quorum.", report.can_read ? 1 : 0);
  out.single("cairn_can_write", "gauge", "1 while every set has its write quorum.", report.can_write ? 1 : 0);
  out.single("cairn_heal_queue_entries", "gauge", "Keys that wait to be healed.",
             static_cast<double>(report.heal_queue));
}

void write_memory(Exposition& out, const BufferPool& buffers, const MemoryBudget& budget) {
  out.single("cairn_buffer_pool_used_bytes", "gauge", "Buffers in use.",
             static_cast<double>(buffers.bytes_in_use()));
  out.single("cairn_buffer_pool_mapped_bytes", "gauge", "Memory that the buffer pool keeps.",
             static_cast<double>(buffers.bytes_mapped()));
  out.single("cairn_memory_budget_bytes", "gauge", "What requests may reserve together.",
             static_cast<double>(budget.limit()));
  out.single("cairn_memory_budget_used_bytes", "gauge", "What requests have reserved.",
             static_cast<double>(budget.used()));
  out.single("cairn_memory_budget_waiting_requests", "gauge", "Requests that wait for memory.",
             static_cast<double>(budget.waiting()));
}

namespace {
// Field `index` (from 1) of /proc/self/stat; the name in field 2 may hold spaces.
double stat_field(int index) {
  std::ifstream in("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::size_t at = text.rfind(')');
  for (int i = 2; i < index && at != std::string::npos; ++i) at = text.find(' ', at + 1);
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + 1, nullptr);
}

double start_time() {
  static const double since_epoch = [] {
    std::ifstream in("/proc/stat");
    std::string word;
    double boot = 0;
    while (in >> word)
      if (word == "btime") in >> boot;
    return boot + stat_field(22) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }();
  return since_epoch;
}
}  // namespace

void write_process(Exposition& out) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  out.single("process_cpu_seconds_total", "counter", "User and system CPU time.",
             seconds(usage.ru_utime) + seconds(usage.ru_stime));
  out.single("process_resident_memory_bytes", "gauge", "Resident memory.",
             stat_field(24) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  out.single("process_virtual_memory_bytes", "gauge", "Virtual memory.", stat_field(23));
  out.single("process_start_time_seconds", "gauge", "When the process began, in seconds since the epoch.",
             start_time());
  std::error_code ec;
  const auto entries = std::distance(std::filesystem::directory_iterator("/proc/self/fd", ec), {});
  out.single("process_open_fds", "gauge", "Open file descriptors.", static_cast<double>(entries));
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  out.single("process_max_fds", "gauge", "Limit of open file descriptors.",
             static_cast<double>(limit.rlim_cur));
}

void write_http(Exposition& out, const http::ServerCounters& c) {
  const auto read = [](const std::atomic<std::uint64_t>& v) {
    return static_cast<double>(v.load(std::memory_order_relaxed));
  };
  out.single("cairn_http_connections", "gauge", "Open connections.", read(c.open));
  out.single("cairn_http_connections_accepted_total", "counter", "Connections accepted.", read(c.accepted));
  out.single("cairn_http_connections_rejected_total", "counter", "Connections refused for their number.",
             read(c.rejected));
  out.single("cairn_http_tls_failures_total", "counter", "TLS handshakes that failed.", read(c.tls_failed));
  out.single("cairn_http_requests_total", "counter", "Requests of any kind.", read(c.requests));
  out.single("cairn_http_bad_requests_total", "counter", "Malformed requests.", read(c.bad_requests));
  out.single("cairn_http_timeouts_total", "counter", "Requests ended because the client stalled.",
             read(c.timeouts));
  out.single("cairn_http_aborted_responses_total", "counter", "Answers cut short.", read(c.aborted));
  out.single("cairn_http_received_bytes_total", "counter", "Bytes received, heads and framing included.",
             read(c.bytes_in));
  out.single("cairn_http_sent_bytes_total", "counter", "Bytes sent, heads and framing included.",
             read(c.bytes_out));
}

}  // namespace cairn::admin
