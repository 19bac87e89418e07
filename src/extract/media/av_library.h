#pragma once
// FFmpeg's libraries, loaded when a file needs them.

#include <string>

#include "extract/media/av_structs.h"
#include "millpond/status.h"

namespace millpond::extract::av {

// Library, result, name, parameters.
#define MP_AV_FUNCTIONS(X)                                                                                    \
  X(util, unsigned, avutil_version, ())                                                                       \
  X(util, void, av_log_set_level, (int))                                                                      \
  X(util, void*, av_malloc, (std::size_t))                                                                    \
  X(util, void, av_freep, (void*))                                                                            \
  X(util, Frame*, av_frame_alloc, ())                                                                         \
  X(util, void, av_frame_free, (Frame**))                                                                     \
  X(util, int, av_dict_set, (Dictionary**, const char*, const char*, int))                                    \
  X(util, Tag*, av_dict_get, (const Dictionary*, const char*, const Tag*, int))                               \
  X(util, double, av_display_rotation_get, (const std::int32_t*))                                             \
  X(util, void, av_dict_free, (Dictionary**))                                                                 \
  X(codec, unsigned, avcodec_version, ())                                                                     \
  X(codec, const char*, avcodec_license, ())                                                                  \
  X(codec, const char*, avcodec_get_name, (int))                                                              \
  X(codec, const Codec*, avcodec_find_decoder, (int))                                                         \
  X(codec, CodecContext*, avcodec_alloc_context3, (const Codec*))                                             \
  X(codec, void, avcodec_free_context, (CodecContext**))                                                      \
  X(codec, int, avcodec_parameters_to_context, (CodecContext*, const CodecParameters*))                       \
  X(codec, int, avcodec_open2, (CodecContext*, const Codec*, Dictionary**))                                   \
  X(codec, int, avcodec_send_packet, (CodecContext*, const Packet*))                                          \
  X(codec, int, avcodec_receive_frame, (CodecContext*, Frame*))                                               \
  X(codec, void, avcodec_flush_buffers, (CodecContext*))                                                      \
  X(codec, Packet*, av_packet_alloc, ())                                                                      \
  X(codec, void, av_packet_free, (Packet**))                                                                  \
  X(codec, void, av_packet_unref, (Packet*))                                                                  \
  X(format, unsigned, avformat_version, ())                                                                   \
  X(format, FormatContext*, avformat_alloc_context, ())                                                       \
  X(format, int, avformat_open_input, (FormatContext**, const char*, const void*, Dictionary**))              \
  X(format, int, avformat_find_stream_info, (FormatContext*, Dictionary**))                                   \
  X(format, void, avformat_close_input, (FormatContext**))                                                    \
  X(format, void, avformat_free_context, (FormatContext*))                                                    \
  X(format, int, av_read_frame, (FormatContext*, Packet*))                                                    \
  X(format, const std::uint8_t*, av_stream_get_side_data, (const Stream*, int, std::size_t*))                 \
  X(format, void*, avio_alloc_context,                                                                        \
    (unsigned char*, int, int, void*, int (*)(void*, std::uint8_t*, int), int (*)(void*, std::uint8_t*, int), \
     std::int64_t (*)(void*, std::int64_t, int)))                                                             \
  X(format, void, avio_context_free, (void**))                                                                \
  X(scale, unsigned, swscale_version, ())                                                                     \
  X(scale, Scaler*, sws_getContext, (int, int, int, int, int, int, int, void*, void*, const double*))         \
  X(scale, int, sws_scale,                                                                                    \
    (Scaler*, const std::uint8_t* const*, const int*, int, int, std::uint8_t* const*, const int*))            \
  X(scale, void, sws_freeContext, (Scaler*))

/// Its functions.
struct Library {
#define MP_AV_DECLARE(library, result, name, parameters) result(*name) parameters = nullptr;
  MP_AV_FUNCTIONS(MP_AV_DECLARE)
#undef MP_AV_DECLARE
};

/// Loads libavutil, libavcodec, libavformat and libswscale from the folder that `$MILLPOND_MEDIA` names, or where
/// `./dev install --media` puts them; once in a process. They are only ever loaded, never linked, so that anybody may
/// put others in their place (FFmpeg's licence, the LGPL, asks for that).
/// Errors: kUnavailable where they are not; kUnsupported for another major version than 57, 59, 59 and 6.
Result<const Library*> load_library();

/// The name of the file of libavcodec that would be loaded; empty if there is none. Nothing is loaded.
std::string library_file();

}  // namespace millpond::extract::av
