#pragma once
#include <boost/asio/error.hpp>

#include "cairn/base/error.hpp"

namespace cairn::http {

// What a failed socket operation means here. The peer's end of stream is not an error and never comes here.
inline Error net_error(const boost::system::error_code& ec) {
  if (ec == boost::asio::error::operation_aborted || ec == boost::asio::error::bad_descriptor)
    return Error(Code::canceled, "the operation was cancelled");
  return Error(Code::connection_closed, ec.message());
}

}  // namespace cairn::http
