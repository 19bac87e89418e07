#pragma once
// Asio without Boost. It is heavy: only connection.cpp and server.cpp include it.

#include <utility>  // Asio's coroutines use std::exchange without it

#define ASIO_STANDALONE
#define ASIO_NO_DEPRECATED
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
