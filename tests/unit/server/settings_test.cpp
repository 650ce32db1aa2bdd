#include "server/settings.hpp"

#include <fstream>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/credentials.hpp"
#include "server/units.hpp"

namespace cairn::server {
namespace {
using std::chrono::milliseconds;

struct Sources {
  Values flags;
  std::map<std::string, std::string, std::less<>> environment;
  std::map<std::string, std::string> files;

  Result<Settings> load() const {
    return load_settings({flags,
                          [this](std::string_view name) {
                            const auto it = environment.find(name);
                            return it == environment.end() ? std::nullopt : std::optional(it->second);
                          },
                          [this](const std::string& path, bool) -> Result<std::string> {
                            const auto it = files.find(path);
                            if (it == files.end()) return fail(Code::config, path + " is not there");
                            return it->second;
                          }});
  }
};

TEST(Settings, FlagsGoBeforeTheEnvironmentAndThatBeforeTheFile) {
  Sources s;
  s.files["/etc/cairn"] = "CAIRN_REGION=from-file\nCAIRN_ADDRESS=:1\nCAIRN_LOG_LEVEL=debug\nOTHER=ignored\n";
  s.environment = {
      {"CAIRN_CONFIG_FILE", "/etc/cairn"}, {"CAIRN_REGION", "from-env"}, {"CAIRN_ADDRESS", ":2"}};
  s.flags["--region"] = {"from-flag"};
  const auto got = s.load();
  ASSERT_TRUE(got) << got.error().context;
  EXPECT_EQ(got->region, "from-flag");
  EXPECT_EQ(got->address, ":2");
  EXPECT_EQ(got->log_level, log::Level::debug);
}

TEST(Settings, ListsCanBeRepeatedOrSeparated) {
  Sources s;
  s.environment = {{"CAIRN_DOMAIN", "A.test, b.test"}, {"CAIRN_VOLUMES", "/a /b"}};
  EXPECT_EQ(s.load()->domains, (std::vector<std::string>{"a.test", "b.test"}));
  EXPECT_EQ(s.load()->volumes, (std::vector<std::string>{"/a", "/b"}));
  s.flags = {{"--domain", {"c.test", "d.test"}}, {"PATHS", {"/c"}}};
  EXPECT_EQ(s.load()->domains, (std::vector<std::string>{"c.test", "d.test"}));
  EXPECT_EQ(s.load()->volumes, std::vector<std::string>{"/c"});
}

TEST(Settings, AWrongValueNamesItsSettingAndStopsTheStart) {
  const std::vector<std::pair<std::string, std::string>> wrong{{"CAIRN_ADDRESS", "nonsense"},
                                                               {"CAIRN_REGION", "No Where"},
                                                               {"CAIRN_DOMAIN", "a:9000"},
                                                               {"CAIRN_MEMORY_LIMIT", "1MiB"},
                                                               {"CAIRN_MEMORY_LIMIT", "many"},
                                                               {"CAIRN_THREADS", "0"},
                                                               {"CAIRN_STORAGE_CLASS_STANDARD", "4"},
                                                               {"CAIRN_STORAGE_CLASS_STANDARD", "EC:x"},
                                                               {"CAIRN_STORAGE_CLASS_STANDARD", "EC:-1"},
                                                               {"CAIRN_LOG_LEVEL", "loud"},
                                                               {"CAIRN_IDLE_TIMEOUT", "10"},
                                                               {"CAIRN_UPLOAD_EXPIRY", "5m"},
                                                               {"CAIRN_METRICS_TOKEN", "short"}};
  for (const auto& [name, value] : wrong) {
    Sources s;
    s.environment[name] = value;
    const auto got = s.load();
    ASSERT_FALSE(got) << name << "=" << value;
    EXPECT_EQ(got.error().code, Code::config);
    EXPECT_NE(got.error().context.find(name), std::string::npos) << got.error().context;
  }
}

TEST(Settings, AFlagGivenTwiceOrAnUnknownVariableInTheFileIsAMistake) {
  Sources twice;
  twice.flags["--region"] = {"a", "b"};
  EXPECT_FALSE(twice.load());
  Sources unknown;
  unknown.files["f"] = "CAIRN_REGIO=x\n";
  unknown.flags["--config-file"] = {"f"};
  EXPECT_FALSE(unknown.load());
}

TEST(Settings, CredentialsComeFromTheirFile) {
  Sources s;
  s.flags["--credentials-file"] = {"secret"};
  s.files["secret"] = "# root\nexport CAIRN_ROOT_USER='someone'\nCAIRN_ROOT_PASSWORD=\"with = and #\"\n";
  const auto got = s.load();
  ASSERT_TRUE(got) << got.error().context;
  EXPECT_EQ(got->root_user, "someone");
  EXPECT_EQ(got->root_password, "with = and #");
  s.environment["CAIRN_ROOT_USER"] = "another";
  EXPECT_FALSE(s.load());
  s.environment.clear();
  s.files["secret"] = "CAIRN_ROOT_USER=someone\n";
  EXPECT_FALSE(s.load());
  s.files["secret"] = "the password is hunter2hunter2\n";
  EXPECT_EQ(s.load().error().context.find("hunter2"), std::string::npos) << "a secret is not repeated";
}

TEST(Settings, ASecretFileThatEverybodyMayReadIsRefused) {
  const std::string path = ::testing::TempDir() + "cairn_settings_test_secret";
  std::ofstream(path) << "text";
  ::chmod(path.c_str(), 0644);
  EXPECT_FALSE(read_settings_file(path, true));
  EXPECT_EQ(read_settings_file(path, false), "text");
  ::chmod(path.c_str(), 0640);
  EXPECT_EQ(read_settings_file(path, true), "text");
  ::unlink(path.c_str());
  EXPECT_FALSE(read_settings_file(path, false));
  EXPECT_FALSE(read_settings_file(::testing::TempDir(), false));
}

TEST(Settings, TheTableIsInOrder) {
  std::set<std::string_view> names;
  for (const Setting& s : settings_table()) {
    EXPECT_TRUE(names.insert(s.env).second) << s.env;
    EXPECT_TRUE(s.env.starts_with("CAIRN_")) << s.env;
    EXPECT_TRUE(s.flag.empty() || (s.flag.starts_with("--") && names.insert(s.flag).second)) << s.flag;
    EXPECT_TRUE(s.help.ends_with('.')) << s.env;
    const std::string_view secret = "SECRET";
    EXPECT_TRUE(s.value != secret || s.flag.empty()) << s.env << ": a secret on a command line is none";
  }
}

TEST(Settings, TheManualsPageIsTheTables) {
  std::ifstream in(CAIRN_TEST_DIR "/../docs/operations/configuration.md");
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(page, render_configuration_page())
      << "run: cairn server --print-config-docs > docs/operations/configuration.md";
}

TEST(Units, AreReadExactly) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parse_duration("0s"), milliseconds(0));
  EXPECT_EQ(parse_size("512MiB"), 512u << 20);
  EXPECT_EQ(parse_size("1GB"), 1'000'000'000u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  for (const char* text : {"", "s", "-1s", "1", "1w", "1 s", "99999999999999999999s", "9223372036854775807d"})
    EXPECT_FALSE(parse_duration(text)) << text;
  for (const char* text : {"", "MiB", "1mib", "-1", "1.5GiB", "99999999999TiB"})
    EXPECT_FALSE(parse_size(text)) << text;
}

Settings with(std::string user, std::string password, std::string address = "") {
  Settings s;
  s.root_user = std::move(user);
  s.root_password = std::move(password);
  s.address = std::move(address);
  return s;
}

TEST(Identity, WithCredentialsTheServerIsOpenByDefault) {
  const auto i = decide_identity(with("someone", "a good secret"));
  ASSERT_TRUE(i) << i.error().context;
  EXPECT_EQ(i->listen.text(), ":9000");
  EXPECT_FALSE(i->generated);
  EXPECT_EQ(i->root.secret_key, "a good secret");
}

TEST(Identity, WithoutThemItIsRandomAndOnLoopbackOnly) {
  const auto i = decide_identity(with("", ""));
  ASSERT_TRUE(i);
  EXPECT_EQ(i->listen.text(), "127.0.0.1:9000");
  EXPECT_TRUE(i->generated);
  EXPECT_GE(i->root.secret_key.size(), 40u);
  EXPECT_NE(i->root.secret_key, decide_identity(with("", ""))->root.secret_key);
  EXPECT_FALSE(decide_identity(with("", "", "0.0.0.0:9000")));
  EXPECT_FALSE(decide_identity(with("", "", ":9000")));
  EXPECT_TRUE(decide_identity(with("", "", "[::1]:9000")));
}

TEST(Identity, WeakOnesAreRefused) {
  for (const auto& [user, password] :
       std::vector<std::pair<std::string, std::string>>{{"ab", "a good secret"},
                                                        {"someone", "short"},
                                                        {"", "a good secret"},
                                                        {"someone", ""},
                                                        {"some one", "a good secret"},
                                                        {"a/b", "a good secret"},
                                                        {"minioadmin", "minioadmin"},
                                                        {"someone", "password"},
                                                        {"samesame", "samesame"},
                                                        {"someone", "with\ncontrol"}})
    EXPECT_FALSE(decide_identity(with(user, password))) << user << " " << password;
  EXPECT_TRUE(decide_identity(with("minioadmin", "minioadmin", "127.0.0.1:9000")))
      << "nobody else can reach it";
}

}  // namespace
}  // namespace cairn::server
