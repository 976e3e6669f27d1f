# weir_embed(TARGET SYMBOL FILE [DEPENDS target])
#
# Puts a file's bytes into TARGET as `extern const char SYMBOL_begin[],
# SYMBOL_end[]`, in namespace-free C linkage.
function(weir_embed target symbol file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.embed.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"// Generated: the bytes of a file, placed in read-only data.
asm(\".section .rodata\\n\"
    \".global @symbol@_begin\\n\"
    \".balign 16\\n\"
    \"@symbol@_begin:\\n\"
    \".incbin \\\"@file@\\\"\\n\"
    \".global @symbol@_end\\n\"
    \"@symbol@_end:\\n\"
    \".byte 0\\n\"
    \".text\\n\");
")
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file} SKIP_LINTING ON
                                         SKIP_PRECOMPILE_HEADERS ON)
  target_sources(${target} PRIVATE ${source})
endfunction()
